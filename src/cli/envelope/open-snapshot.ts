import { encodeByteString } from "./byte-text.ts";

/** Returns the text of a snapshot; unwraps the envelope of 'exitrd snapshot --json'. */
export function openSnapshot(text: string): string {
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
