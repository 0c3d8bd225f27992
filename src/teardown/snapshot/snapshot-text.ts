import type { Snapshot } from "./snapshot.ts";
import { parseFields } from "./snapshot-fields.ts";

/**
 * A snapshot as JSON: one line a mount, swap or device, so that two can be
 * compared; ASCII only, so that byte strings survive editors and mail.
 */
export function stringifySnapshot(snapshot: Snapshot): string {
  const { format, kernel, mounts, swaps, memory, devices } = snapshot;
  const { btrfs, bcachefs, bcacheSets, journals, sessions, fuseServers, zfs } = snapshot;
  const lists = [
    `"mounts": ${formatList(mounts)}`,
    `"swaps": ${formatList(swaps)}`,
    ...(memory === undefined ? [] : [`"memory": ${formatValue(memory)}`]),
    `"devices": ${formatList(devices)}`,
    ...(btrfs === undefined ? [] : [`"btrfs": ${formatList(btrfs)}`]),
    ...(bcachefs === undefined ? [] : [`"bcachefs": ${formatList(bcachefs)}`]),
    ...(bcacheSets === undefined ? [] : [`"bcacheSets": ${formatList(bcacheSets)}`]),
    ...(journals === undefined ? [] : [`"journals": ${formatValue(journals)}`]),
    ...(sessions === undefined ? [] : [`"sessions": ${formatList(sessions)}`]),
    ...(fuseServers === undefined ? [] : [`"fuseServers": ${formatList(fuseServers)}`]),
    ...(zfs === undefined ? [] : [`"zfs": ${formatValue(zfs)}`]),
  ];
  const head = [`"format": ${format}`, `"kernel": ${formatValue(kernel)}`];
  return `{\n  ${[...head, ...lists].join(",\n  ")}\n}\n`;
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
