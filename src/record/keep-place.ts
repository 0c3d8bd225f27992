import { attempt } from "../port/sys-error.ts";
import type { RecordPlace } from "../teardown/record/place.ts";
import { RECORD_FILE_SIZE, readNonce } from "../teardown/record/slots.ts";
import type { Chosen } from "./choose-place.ts";
import { findOnVfat } from "./find-on-vfat.ts";
import { devicePath, type PlacePorts } from "./find-place.ts";
import { type DiskPartition, readPartition } from "./read-partition.ts";

/**
 * The place that was found when the boot began, while the file system of `path` is not mounted: an
 * automount is gone by the time the shutdown begins. Undefined unless it is proven that nothing has
 * become of it: the partition is the same, no file system on it is active, its tables have the file
 * in its root directory at the same place, and the device has the file's blocks there. Only vfat is
 * simple enough to be read without the kernel, and is what a boot loader needs.
 */
export function keepPlace(path: string, place: RecordPlace, ports: PlacePorts): Chosen | undefined {
  const { reader, rawDevices } = ports;
  const partition = readPartition(place.dev, reader);
  if (!partition.ok || !isSame(partition.value, place)) return undefined;
  const device = devicePath(partition.value);
  const name = path.slice(path.lastIndexOf("/") + 1);
  const { offset, nonce } = place;
  const contents = attempt(() => {
    if (reader.stat(device).rdev !== place.dev) return undefined;
    return rawDevices.withDevice(device, "read-alone", ({ read }) => {
      if (findOnVfat(name, RECORD_FILE_SIZE, read) !== offset) return undefined;
      const found = read(offset, RECORD_FILE_SIZE);
      return readNonce(found) === nonce ? found : undefined;
    });
  });
  if (contents === undefined) return undefined;
  const found = { partition: partition.value, offset, nonce, contents };
  return { where: path, fsType: "vfat", found };
}

function isSame(partition: DiskPartition, place: RecordPlace): boolean {
  const { name, start, size, diskSequence } = partition;
  return (
    name === place.partition &&
    start === place.start &&
    size === place.size &&
    diskSequence === place.diskSequence
  );
}
