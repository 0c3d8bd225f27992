import type { SysFailure } from "../port/sys-error.ts";
import { quote } from "../text/show-bytes.ts";

/** The message if a file that an option names cannot be written, but the answer is printed. */
export function unwrittenLine(path: string, option: string, { words }: SysFailure): string {
  return `exitrd: cannot write ${quote(path)}: ${words}: name another file with ${option}`;
}
