import { listOrNone, readOrEmpty } from "../port/best-effort.ts";
import { attempt } from "../port/sys-error.ts";
import type { Reader } from "../port/teardown.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import { parseDecimal } from "../text/dev.ts";
import type { PlaceProblem } from "./place-problem.ts";

/** A partition of a local disk, with everything that PID 1 compares to recognize it. */
export interface DiskPartition {
  /** The kernel's name, as in sysfs. */
  readonly name: string;
  readonly dev: string;
  /** In sectors of 512 bytes. */
  readonly start: number;
  readonly size: number;
  readonly diskSequence: string;
  /** The smallest unit of I/O, in bytes. */
  readonly sectorSize: number;
}

/**
 * Reads a block device's properties from sysfs. It has to be a partition of a real disk with the
 * file system directly on it: writing to one half of a mirror would leave the other stale, and
 * encrypted or mapped data is elsewhere.
 */
export function readPartition(dev: string, reader: Reader): Checked<DiskPartition, PlaceProblem> {
  const link = attempt(() => reader.readLink(`/sys/dev/block/${dev}`)) ?? "";
  const name = link.slice(link.lastIndexOf("/") + 1);
  const read = (file: string): string =>
    readOrEmpty(`/sys/dev/block/${dev}/${file}`, reader).trim();
  if (link === "" || read("partition") === "") return refuse({ kind: "no-partition" });
  if (!isLocal(link, reader)) return refuse({ kind: "no-disk" });
  if (listOrNone(`/sys/dev/block/${dev}/holders`, reader).length > 0) {
    return refuse({ kind: "held" });
  }
  if (read("ro") !== "0" || read("../ro") !== "0") return refuse({ kind: "read-only" });
  const start = parseDecimal(read("start"));
  const size = parseDecimal(read("size"));
  const sectorSize = parseDecimal(read("../queue/logical_block_size"));
  if (start === undefined || size === undefined || sectorSize === undefined) {
    return refuse({ kind: "no-partition" });
  }
  return accept({ name, dev, start, size, sectorSize, diskSequence: read("../diskseq") });
}

/**
 * Loop, NBD, RAM and mapped devices are virtual; an iSCSI disk is below its session. The disk of an
 * NVMe subsystem with several paths is also virtual, but local if all its paths are PCI Express.
 */
function isLocal(link: string, reader: Reader): boolean {
  const path = link.split("/");
  if (path.some((part) => /^(?:session|rport|rbd)/.test(part))) return false;
  const at = path.indexOf("virtual");
  if (at < 0) return true;
  if (path[at + 1] !== "nvme-subsystem") return false;
  const folder = `/sys/devices/virtual/nvme-subsystem/${path[at + 2]}`;
  const controllers = listOrNone(folder, reader).filter((entry) => /^nvme[0-9]+$/.test(entry));
  const transports = controllers.map((one) => readOrEmpty(`${folder}/${one}/transport`, reader));
  return transports.length > 0 && transports.every((one) => one.trim() === "pcie");
}
