/**
 * The NUL-terminated byte string at `offset`, at most `length` bytes and not beyond the buffer's
 * end.
 */
export function readByteString(view: DataView, offset: number, length: number): string {
  const end = Math.min(offset + length, view.byteLength);
  let text = "";
  for (let i = offset; i < end; i++) {
    const byte = view.getUint8(i);
    if (byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Writes a byte string; throws if it and its NUL do not fit into `length` bytes. */
export function writeByteString(
  view: DataView,
  offset: number,
  length: number,
  text: string,
): void {
  if (text.length >= length) throw new Error(`longer than ${length - 1} bytes: '${text}'`);
  for (let i = 0; i < text.length; i++) view.setUint8(offset + i, text.charCodeAt(i));
  view.setUint8(offset + text.length, 0);
}

/** A little-endian u64, exact up to 2^53; 0 beyond the buffer's end. */
export function readU64(view: DataView, offset: number): number {
  if (offset + 8 > view.byteLength) return 0;
  return view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 0x1_0000_0000;
}

/** Writes a whole number up to 2^53 as little-endian u64. */
export function writeU64(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value >>> 0, true);
  view.setUint32(offset + 4, Math.floor(value / 0x1_0000_0000), true);
}
