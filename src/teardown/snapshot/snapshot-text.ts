import type { Snapshot } from "../../kinds/kinds.ts";
import { parseFields } from "./snapshot-fields.ts";

/**
 * Formats a snapshot as JSON: one line per mount, swap or device, for diff(1); ASCII only, so that
 * byte strings survive editors and mail.
 */
export function stringifySnapshot(snapshot: Snapshot): string {
  const { format, kernel, mounts, devices, ...fields } = snapshot;
  const { swaps, memory, ...others } = fields;
  const members = { format, kernel, mounts, swaps, memory, devices, ...others };
  const lines = Object.entries(members).flatMap(([key, value]) =>
    value === undefined ? [] : [`${JSON.stringify(key)}: ${formatMember(value)}`],
  );
  return `{\n  ${lines.join(",\n  ")}\n}\n`;
}

/** One line per object of a list; everything else on one line. */
function formatMember(value: unknown): string {
  const isList = Array.isArray(value) && value.every((item) => typeof item === "object");
  return isList ? formatList(value) : formatValue(value);
}

function formatList(list: readonly unknown[]): string {
  if (list.length === 0) return "[]";
  return `[\n    ${list.map(formatValue).join(",\n    ")}\n  ]`;
}

function formatValue(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * Parses the text of `stringifySnapshot`, possibly edited by a user. Throws an Error that names the
 * first invalid field: "devices[3].dm.name: not a string".
 */
export function parseSnapshot(text: string): Snapshot {
  return parseFields(JSON.parse(text));
}
