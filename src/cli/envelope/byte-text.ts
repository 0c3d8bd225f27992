// JSON is text, but file names are bytes. The rule, which exitrd-json(7) documents: UTF-8 is
// decoded; any other byte becomes the character U+F700 plus its value. Bytes that encode one of
// these characters themselves, U+F780 to U+F7FF, are treated as if they were not UTF-8, so two
// names never become the same text. Unpaired surrogates, which Python uses for this, break strict
// JSON parsers.

const FIRST_STAND_IN = 0xf780;
const LAST_STAND_IN = 0xf7ff;
const STAND_IN_BASE = 0xf700;

const SEQUENCE =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g;

/** Decodes a byte string to text. */
export function decodeByteString(bytes: string): string {
  return bytes.replace(SEQUENCE, (sequence) => {
    const point = decodeSequence(sequence);
    const isStandIn = point >= FIRST_STAND_IN && point <= LAST_STAND_IN;
    if (sequence.length > 1 && !isStandIn) return String.fromCodePoint(point);
    return Array.from(sequence, (byte) =>
      String.fromCharCode(STAND_IN_BASE + byte.charCodeAt(0)),
    ).join("");
  });
}

/** The inverse of `decodeByteString`. */
export function encodeByteString(text: string): string {
  return Array.from(text, (character) => encodePoint(character.codePointAt(0) ?? 0)).join("");
}

function decodeSequence(sequence: string): number {
  const [first = 0, ...rest] = Array.from(sequence, (byte) => byte.charCodeAt(0));
  const lead = [first, first & 0x1f, first & 0x0f, first & 0x07][rest.length] ?? 0;
  return rest.reduce((point, byte) => point * 64 + (byte & 0x3f), lead);
}

function encodePoint(point: number): string {
  if (point < 0x80) return String.fromCharCode(point);
  if (point >= FIRST_STAND_IN && point <= LAST_STAND_IN) {
    return String.fromCharCode(point - STAND_IN_BASE);
  }
  const tail = (shift: number) => 0x80 | ((point >> shift) & 0x3f);
  if (point < 0x800) return String.fromCharCode(0xc0 | (point >> 6), tail(0));
  if (point < 0x10000) return String.fromCharCode(0xe0 | (point >> 12), tail(6), tail(0));
  return String.fromCharCode(0xf0 | (point >> 18), tail(12), tail(6), tail(0));
}
