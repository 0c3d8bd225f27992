import { readFileSync } from "node:fs";

/** The words of native/errno_table.h, so that a fake reports the same as the program. */
const words = new Map<string, string>();
const table = readFileSync(new URL("../../native/errno_table.h", import.meta.url), "utf8");
for (const [, code = "", text = ""] of table.matchAll(/^ERRNO\((\w+), "(.*)"\)$/gm)) {
  words.set(code, text);
}

/** A `SysError` like that of native/error.c, for a code in its table. */
export function sysError(syscall: string, code: string, path?: string): Error {
  const text = words.get(code);
  if (text === undefined) throw new Error(`no errno ${code}`);
  const error = new Error(`${syscall}${path === undefined ? "" : ` '${path}'`}: ${text}`);
  const fields = { name: "SysError", syscall, errno: 1, code, words: text };
  return Object.assign(error, path === undefined ? fields : { ...fields, path });
}
