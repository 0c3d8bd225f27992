import type { Snapshot } from "../../kinds/kinds.ts";
import { parseFields } from "./snapshot-fields.ts";

/**
 * A snapshot as JSON: one line a mount, swap or device, so that two can be
 * compared; ASCII only, so that byte strings survive editors and mail.
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

/** A line for each object of a list; all else in one. */
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
 * Reads what `stringifySnapshot` wrote, or what a user edited. Throws an Error
 * that names the first wrong field: "devices[3].dm.name: not a string".
 */
export function parseSnapshot(text: string): Snapshot {
  return parseFields(JSON.parse(text));
}
