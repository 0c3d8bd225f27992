import { listOrNone, readOrEmpty } from "../port/best-effort.ts";
import type { Drives } from "../port/drives.ts";
import { attempt } from "../port/sys-error.ts";
import type { Reader } from "../port/teardown.ts";
import type { DriveCount } from "./report.ts";

/**
 * The counts of unsafe shutdowns of NVMe drives, whose log can be read without waking anything; local
 * drives that do not report one are left out.
 */
export function readNvmeDrives(reader: Reader, drives: Drives): readonly DriveCount[] {
  return listDistinct(listNvme(reader, drives));
}

/**
 * Lists a drive with two controllers, or two paths, once. Drives that have the same serial number and
 * different counts are left out, as those without one: the next boot would compare the counts of
 * different drives, and node_exporter rejects a metric with the same labels twice.
 */
function listDistinct(all: readonly DriveCount[]): readonly DriveCount[] {
  return all.filter(({ serial, model, unsafe }, index) => {
    if (serial === "") return false;
    const same = all.filter((one) => one.serial === serial && one.model === model);
    return same[0] === all[index] && same.every((one) => one.unsafe === unsafe);
  });
}

function listNvme(reader: Reader, drives: Drives): readonly DriveCount[] {
  return listOrNone("/sys/class/nvme", reader).flatMap((name) => {
    const read = (file: string): string =>
      readOrEmpty(`/sys/class/nvme/${name}/${file}`, reader).trim();
    if (read("transport") !== "pcie") return [];
    const log = attempt(() => drives.readNvmeHealth(`/dev/${name}`));
    if (log === undefined) return [];
    return [{ name, serial: read("serial"), model: read("model"), unsafe: decodeNvmeHealth(log) }];
  });
}

/**
 * NVMe Base Specification, SMART / Health Information (02h): a 128-bit number at byte 144. A number
 * that is not exact, which only a faulty drive reports, would make the mark of the boot unreadable.
 */
export function decodeNvmeHealth(log: Uint8Array): number {
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  const count = view.getUint32(144, true) + view.getUint32(148, true) * 0x1_0000_0000;
  return Math.min(count, Number.MAX_SAFE_INTEGER);
}

/**
 * The same of SATA disks: libata gives them the vendor "ATA". Behind a USB bridge, ATA commands might
 * not be safe. Wakes a disk from standby, or waits two seconds for it.
 */
export function readSataDisks(reader: Reader, drives: Drives): readonly DriveCount[] {
  const disks = listOrNone("/sys/block", reader).flatMap((name) => {
    const read = (file: string): string =>
      readOrEmpty(`/sys/block/${name}/device/${file}`, reader).trim();
    if (!name.startsWith("sd") || read("vendor") !== "ATA") return [];
    const data = attempt(() => drives.readSmartData(`/dev/${name}`));
    const unsafe = data === undefined ? undefined : decodeSmartData(data);
    if (unsafe === undefined) return [];
    const serial = decodeSerial(
      attempt(() => reader.readText(`/sys/block/${name}/device/vpd_pg80`)),
    );
    return [{ name, serial, model: read("model"), unsafe }];
  });
  return listDistinct(disks);
}

/** SPC-4, unit serial number page: the text follows a header of 4 bytes. */
function decodeSerial(page: string | undefined): string {
  return (page ?? "").slice(4).trim();
}

/** Unexpected_Power_Loss_Ct, and the power-off retract count that most disks have. */
const POWER_LOSS_ATTRIBUTES = [174, 192];

/** SFF-8035i: 30 attributes of 12 bytes from byte 2 on, each with a raw value of 6 bytes. */
export function decodeSmartData(data: Uint8Array): number | undefined {
  if (data.reduce((sum, byte) => (sum + byte) & 0xff, 0) !== 0) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (const wanted of POWER_LOSS_ATTRIBUTES) {
    for (let at = 2; at < 2 + 30 * 12; at += 12) {
      if (view.getUint8(at) === wanted) return view.getUint32(at + 5, true);
    }
  }
  return undefined;
}
