import { decodeByteString } from "./byte-text.ts";

/**
 * Formats JSON as ASCII, which is valid UTF-8 and cannot control a terminal, whatever the names
 * contain. Every string and every key in `value` is a byte string.
 */
export function formatJson(value: unknown): string {
  return `${escapeNonAscii(JSON.stringify(decodeStrings(value), null, 2))}\n`;
}

function decodeStrings(value: unknown): unknown {
  if (typeof value === "string") return decodeByteString(value);
  if (Array.isArray(value)) return value.map(decodeStrings);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [decodeByteString(key), decodeStrings(member)]),
  );
}

/** Characters above U+FFFF become two escapes, as JSON requires. */
function escapeNonAscii(json: string): string {
  return json.replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
