/** The two parts of a device number. */
export interface DevNumber {
  readonly major: number;
  readonly minor: number;
}

/** Reads "major:minor", as written in /proc and /sys; undefined for anything else. */
export function parseDev(text: string): DevNumber | undefined {
  const colon = text.indexOf(":");
  const major = parseDecimal(text.slice(0, Math.max(colon, 0)));
  const minor = parseDecimal(text.slice(colon + 1));
  return major === undefined || minor === undefined ? undefined : { major, minor };
}

/**
 * Decodes the result of `huge_encode_dev`: 12 bits major, 20 bits minor, with the minor's low byte
 * separate from the rest (include/linux/kdev_t.h). The kernel stores it in 64-bit fields, whose
 * upper half is always 0.
 */
export function decodeHugeDev(encoded: number): string {
  const major = (encoded >>> 8) & 0xfff;
  const minor = (encoded & 0xff) | ((encoded >>> 12) & 0xfff00);
  return `${major}:${minor}`;
}

/** The inverse of `decodeHugeDev`; throws if `dev` is not "major:minor". */
export function encodeHugeDev(dev: string): number {
  const number = parseDev(dev);
  if (number === undefined) throw new Error(`not a device number: '${dev}'`);
  const { major, minor } = number;
  return ((minor & 0xff) | (major << 8) | ((minor & 0xfff00) << 12)) >>> 0;
}

/** Reads a plain decimal number; undefined for anything else, including "" and "1e3". */
export function parseDecimal(text: string): number | undefined {
  if (text === "" || text.length > 15) return undefined;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 48 || code > 57) return undefined;
  }
  return Number(text);
}
