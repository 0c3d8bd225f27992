import { parseDecimal } from "../../text/dev.ts";
import { unescapeOctal } from "../../text/escapes.ts";
import { splitWords } from "../../text/words.ts";
import type { Swap } from "./state.ts";

/**
 * Parses /proc/swaps (proc_swaps(5)), which does not contain device numbers. The path of a deleted
 * swap file is unchanged, without "(deleted)".
 */
export function parseSwaps(text: string): Swap[] {
  const swaps: Swap[] = [];
  for (const line of text.split("\n")) {
    const swap = parseLine(line);
    if (swap !== undefined) swaps.push(swap);
  }
  return swaps;
}

function parseLine(line: string): Swap | undefined {
  // The kernel pads with blanks and tabs, and escapes both in the path.
  const fields = splitWords(line);
  const type = fields.findIndex((field, i) => i > 0 && isType(field));
  const sizeKib = parseDecimal(fields[type + 1] ?? "");
  const usedKib = parseDecimal(fields[type + 2] ?? "");
  const path = fields[0];
  if (type < 0 || path === undefined || sizeKib === undefined || usedKib === undefined) {
    return undefined;
  }
  return {
    path: stripDeleted(unescapeOctal(path)),
    type: fields[type] === "file" ? "file" : "partition",
    sizeKib,
    usedKib,
  };
}

function isType(field: string): boolean {
  return field === "file" || field === "partition";
}

function stripDeleted(path: string): string {
  return path.endsWith(" (deleted)") ? path.slice(0, -" (deleted)".length) : path;
}
