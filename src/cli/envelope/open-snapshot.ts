import { readTarMember } from "../../text/tar.ts";
import { encodeByteString } from "./byte-text.ts";

/** The folder in an archive of 'exitrd snapshot --archive'. */
export const ARCHIVE_FOLDER = "exitrd-bug-report";
/** The snapshot in it. */
export const SNAPSHOT_NAME = "snapshot.json";

/** Returns the text of a snapshot; unwraps what 'exitrd snapshot' writes with --json and --archive. */
export function openSnapshot(text: string): string {
  const archived = readTarMember(text, `${ARCHIVE_FOLDER}/${SNAPSHOT_NAME}`);
  if (archived !== undefined) return archived;
  if (!text.includes('"command": "snapshot"')) return text;
  const envelope: unknown = JSON.parse(text);
  const snapshot = readMember(readMember(envelope, "result"), "snapshot");
  return snapshot === undefined ? text : JSON.stringify(encodeStrings(snapshot));
}

function readMember(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}

function encodeStrings(value: unknown): unknown {
  if (typeof value === "string") return encodeByteString(value);
  if (Array.isArray(value)) return value.map(encodeStrings);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, encodeStrings(member)]),
  );
}
