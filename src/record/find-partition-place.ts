import { readUdev } from "../observe/read-udev.ts";
import { listOrNone, readOrEmpty } from "../port/best-effort.ts";
import { attempt } from "../port/sys-error.ts";
import { encodeEmptyFile, RECORD_FILE_SIZE, readNonce } from "../teardown/record/slots.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import type { Chosen, PreparePorts, Tried } from "./choose-place.ts";
import { makeNonce } from "./choose-place.ts";
import { devicePath } from "./find-place.ts";
import { findPartitionStart, RECORD_PARTITION_TYPE, tableSize } from "./gpt.ts";
import { type DiskPartition, readPartition } from "./read-partition.ts";

/** The partition reserved for records; undefined if this machine has none. */
export function findPartitionPlace(
  mayCreate: boolean,
  ports: PreparePorts,
): Checked<Chosen, Tried> | undefined {
  for (const partition of listPartitions(ports)) {
    const where = devicePath(partition);
    const read = (): Uint8Array => readContents(where, ports);
    let contents = attempt(read);
    const isUnused = contents?.every((byte) => byte === 0) === true;
    if (mayCreate && isUnused) {
      const empty = encodeEmptyFile(makeNonce(ports));
      attempt(() =>
        ports.rawDevices.withDevice(where, "write-alone", (device) => device.write(0, empty)),
      );
      contents = attempt(read);
    }
    const nonce = contents === undefined ? undefined : readNonce(contents);
    if (contents === undefined || nonce === undefined) {
      return refuse({ where, problem: { kind: isUnused && !mayCreate ? "missing" : "elsewhere" } });
    }
    const found = { partition, offset: 0, nonce, contents };
    return accept({ where, fsType: undefined, found });
  }
  return undefined;
}

/** The contents of all such partitions, whoever uses them: disks change their order. */
export function readPartitions(ports: PreparePorts): readonly Uint8Array[] {
  return [...listPartitions(ports)].flatMap(
    (partition) => attempt(() => readContents(devicePath(partition), ports)) ?? [],
  );
}

function* listPartitions(ports: PreparePorts): Generator<DiskPartition> {
  for (const disk of listOrNone("/sys/block", ports.reader)) {
    const partition = attempt(() => findOn(disk, ports));
    if (partition !== undefined) yield partition;
  }
}

function readContents(where: string, { rawDevices }: PreparePorts): Uint8Array {
  return rawDevices.withDevice(where, "read", (device) => device.read(0, RECORD_FILE_SIZE));
}

/** Undefined if the disk has no such partition, or is not a local disk. */
function findOn(disk: string, { reader, rawDevices }: PreparePorts): DiskPartition | undefined {
  const names = listOrNone(`/sys/block/${disk}`, reader).filter((name) => name.startsWith(disk));
  for (const name of names) {
    const dev = readOrEmpty(`/sys/block/${disk}/${name}/dev`, reader).trim();
    // Reading the table of a disk in standby takes longer than a check or a shutdown may wait.
    const type = readUdev(dev, reader)("ID_PART_ENTRY_TYPE") ?? RECORD_PARTITION_TYPE;
    if (type !== RECORD_PARTITION_TYPE) continue;
    const partition = readPartition(dev, reader);
    if (!partition.ok) continue;
    const { start, size, sectorSize } = partition.value;
    const head = rawDevices.withDevice(`/dev/${disk.replaceAll("!", "/")}`, "read", (device) =>
      device.read(0, tableSize(sectorSize)),
    );
    const wanted = findPartitionStart(head, sectorSize, RECORD_PARTITION_TYPE);
    if (wanted === undefined) return undefined;
    const isIt = start === wanted * (sectorSize / 512) && size * 512 >= RECORD_FILE_SIZE;
    if (isIt) return partition.value;
  }
  return undefined;
}
