import { pad4, trailerName } from "../../src/image/cpio-entry.ts";
import { toByteString, toBytes } from "../../src/text/bytes.ts";

/** An entry as other programs write it to an initrd, but never `writeCpio`. */
export interface NewcMember {
  readonly name: string;
  /** With the type bits of inode(7). */
  readonly mode: number;
  readonly data?: string | Uint8Array;
  readonly ino?: number;
  readonly links?: number;
}

export const file = (name: string, data: string | Uint8Array, mode = 0o100644): NewcMember => {
  return { name, mode, data };
};
export const directory = (name: string): NewcMember => ({ name, mode: 0o40755 });
export const link = (name: string, target: string): NewcMember => {
  return { name, mode: 0o120777, data: target };
};

export function makeNewc(members: readonly NewcMember[]): Uint8Array<ArrayBuffer> {
  return toBytes([...members, { name: trailerName, mode: 0 }].map(writeMember).join(""));
}

function writeMember({ name, mode, data = "", ino = 0, links = 1 }: NewcMember): string {
  const text = typeof data === "string" ? data : toByteString(data);
  const fields = [ino, mode, 0, 0, links, 0, text.length, 0, 0, 0, 0, name.length + 1, 0];
  const head = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}${name}\0`;
  return `${head}${"\0".repeat(pad4(head.length))}${text}${"\0".repeat(pad4(text.length))}`;
}
