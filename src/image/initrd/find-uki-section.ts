import { readByteString } from "../../text/struct-bytes.ts";

/**
 * The initrd in a unified kernel image (the UAPI group's specification), a PE file with a section for
 * it; undefined for a PE file without one. Returns other files as they are.
 */
export function findInitrdSection(file: Uint8Array): Uint8Array | undefined {
  if (file[0] !== 0x4d || file[1] !== 0x5a || file.length < 0x40) return file;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const header = view.getUint32(0x3c, true);
  if (header + 24 > file.length || readByteString(view, header, 4) !== "PE") return undefined;
  const count = view.getUint16(header + 6, true);
  const table = header + 24 + view.getUint16(header + 20, true);
  for (let at = table; at < table + 40 * count && at + 40 <= file.length; at += 40) {
    if (readByteString(view, at, 8) !== ".initrd") continue;
    // The size on disk is rounded up.
    const size = Math.min(view.getUint32(at + 8, true), view.getUint32(at + 16, true));
    const start = view.getUint32(at + 20, true);
    return start + size <= file.length ? file.subarray(start, start + size) : undefined;
  }
  return undefined;
}
