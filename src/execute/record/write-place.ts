import { parseMountinfo } from "../../kinds/mount/mountinfo.ts";
import { listOrNone, readOrEmpty } from "../../port/best-effort.ts";
import type { RawDevices } from "../../port/record.ts";
import { isSysError } from "../../port/sys-error.ts";
import type { Reader } from "../../port/teardown.ts";
import type { KeepProblem } from "../../teardown/record/describe-keeping.ts";
import type { RecordPlace } from "../../teardown/record/place.ts";
import { areOurBlocks, slotOffset } from "../../teardown/record/slots.ts";
import { equalBytes } from "../../text/bytes.ts";

/**
 * Writes the blocks of a slot at their place, in a child: it may block. Nothing is written unless the
 * partition is the one that the place was found on, no file system on it can write any more, and
 * each block that is overwritten was just read and is one of ours. Undefined if it was written and
 * reads back the same.
 */
export function writePlace(
  place: RecordPlace,
  blocks: Uint8Array,
  reader: Reader,
  devices: RawDevices,
): KeepProblem["kind"] | undefined {
  const { partition, dev, nonce, slot } = place;
  if (!isSamePartition(place, reader)) return "changed";
  if (listOrNone(`/sys/class/block/${partition}/holders`, reader).length > 0) return "in-use";
  // A file system that stays is synced, and read-only if possible. If the partition has another
  // user, it is not known which.
  const how = isMountedReadOnly(dev, reader) ? "write" : "write-alone";
  const from = slotOffset(slot);
  const at = place.offset + from;
  try {
    return devices.withDevice(`/dev/${partition.replaceAll("!", "/")}`, how, (device) => {
      const found = device.read(at, blocks.length);
      // After a short read, not all blocks that would be overwritten are known.
      const isAllSeen = found.length === blocks.length;
      if (!isAllSeen || !areOurBlocks(found, nonce, from)) return "not-ours";
      device.write(at, blocks);
      return equalBytes(device.read(at, blocks.length), blocks) ? undefined : "misread";
    });
  } catch (thrown) {
    if (isSysError(thrown) && thrown.code === "EBUSY") return "in-use";
    throw thrown;
  }
}

/** Device numbers are reused, so the place on the disk and the disk's sequence number must match. */
function isSamePartition(place: RecordPlace, reader: Reader): boolean {
  const { partition, dev, start, size, diskSequence } = place;
  const read = (name: string): string =>
    readOrEmpty(`/sys/class/block/${partition}/${name}`, reader).trim();
  return (
    read("dev") === dev &&
    read("start") === String(start) &&
    read("size") === String(size) &&
    read("ro") === "0" &&
    read("../diskseq") === diskSequence &&
    reader.stat(`/dev/${partition.replaceAll("!", "/")}`).rdev === dev
  );
}

function isMountedReadOnly(dev: string, reader: Reader): boolean {
  const mounts = parseMountinfo(reader.readText("/proc/self/mountinfo"));
  const own = mounts.filter((mount) => mount.dev === dev);
  return own.length > 0 && own.every(({ superOptions }) => superOptions.includes("ro"));
}
