import { decodeByteString } from "../envelope/byte-text.ts";

const NAMED: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A byte string as XML or HTML text or attribute value. The result is ASCII. */
export function escapeXml(bytes: string): string {
  return [...decodeByteString(bytes)].map(escapeOne).join("");
}

function escapeOne(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  const named = NAMED[character];
  if (named !== undefined) return named;
  if (point >= 0x20 && point < 0x7f) return character;
  // XML forbids all other control characters. Names have been escaped before.
  if (point < 0x20 || (point >= 0x7f && point < 0xa0)) return " ";
  // The only other ones that it forbids, even as references: such a page would not be read at all.
  if (point === 0xfffe || point === 0xffff) return "&#65533;";
  return `&#${point};`;
}
