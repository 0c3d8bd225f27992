import type { RamTrees } from "../port/loader.ts";
import { attempt, type SysFailure, trySys } from "../port/sys-error.ts";
import { PLACE_DIR, PLACE_PATH, parsePlace } from "../teardown/record/place.ts";
import { toBytes } from "../text/bytes.ts";
import type { RecordStore } from "../text/policies.ts";
import {
  type Chosen,
  choosePlace,
  describePlace,
  isRecordPath,
  type PreparePorts,
  readSlots,
  type Tried,
} from "./choose-place.ts";
import { listCrashes, readAllSlots, reportEnding } from "./import-record.ts";
import { keepPlace } from "./keep-place.ts";
import type { KnownBoot } from "./read-boot-before.ts";
import { removeLogged } from "./read-logged.ts";
import type { DriveCount, Mark, Report } from "./report.ts";
import { SHARED_REPORT_PATH, writeSharedReport } from "./shared-report.ts";
import {
  addReport,
  keepPending,
  MARK_PATH,
  nameMachine,
  REPORTS_DIR,
  readBootId,
  readHistory,
  readMachineId,
  readMark,
  readPending,
  removePending,
  STATE_DIR,
  type StateFiles,
  writeMark,
} from "./state-files.ts";

export interface BootPorts extends PreparePorts {
  readonly writableFiles: StateFiles;
  readonly trees: Pick<RamTrees, "makeDirectory">;
}

export interface Begun {
  /**
   * How the previous boot ended; undefined if it was already reported, or nothing is known about
   * it.
   */
  readonly report: Report | undefined;
  /** A report of this boot that could not be stored before, and is now. */
  readonly pending: Report | undefined;
  /** The state is that of the machine whose disk was copied: nothing is known about this one. */
  readonly isCopied: boolean;
  readonly chosen: Chosen | undefined;
  readonly tried: readonly Tried[];
  readonly unwritten: readonly Unwritten[];
}

/** A file or directory of our state that could not be written. */
export interface Unwritten {
  readonly path: string;
  readonly problem: SysFailure;
}

export interface ThisBoot {
  readonly now: number;
  readonly version: string;
  /** Called once a boot, since it wakes disks from standby. */
  readonly readDrives: () => readonly DriveCount[];
  readonly stores: readonly RecordStore[];
  /** The image that is loaded, and its signer. */
  readonly loaded: Pick<Mark, "image" | "signer">;
  /** The boot before this one, if the journal knows it; asked only where that matters. */
  readonly readBefore: () => KnownBoot | undefined;
}

/**
 * Run at boot: reports how the previous boot ended, prepares the place for the next record, and
 * leaves the mark of this boot. Run again in the same boot, it only prepares the place. If a file
 * cannot be written, the others are written nevertheless.
 */
export function beginBoot(boot: ThisBoot, ports: BootPorts): Begun {
  const { now, version, stores, loaded } = boot;
  const { reader, writableFiles: files, trees } = ports;
  const directories = [
    [STATE_DIR, 0o755],
    [REPORTS_DIR, 0o700],
    [PLACE_DIR, 0o700],
  ] as const;
  const unmade = directories.flatMap(([path, mode]) =>
    tryToWrite(path, () => attempt(() => trees.makeDirectory(path, mode), ["EEXIST"])),
  );
  const bootId = readBootId(reader);
  const machineId = readMachineId(reader);
  const before = readMark(files);
  const isSameBoot = before?.bootId === bootId;
  // It is in /run: without a mark, it alone shows that this boot has reported.
  const isAgain = before === undefined && files.status(SHARED_REPORT_PATH) !== undefined;
  // The mark of the machine whose disk was copied.
  const isCopied =
    machineId !== undefined && before?.machineId !== undefined && machineId !== before.machineId;
  const isReported = isSameBoot || isAgain || isCopied;
  const drives = isSameBoot ? before.drives : boot.readDrives();
  const report = isReported ? undefined : reportLast(before, drives, boot, ports);
  const pending = report === undefined ? readPending(files) : undefined;
  const wanted = report ?? pending;
  const unreported = wanted === undefined ? [] : storeReport(wanted, files);
  // Until the report is stored, the dump is the only copy of its record.
  if (wanted !== undefined && unreported.length === 0) removeLogged(wanted.bootId, ports, files);
  const { chosen, tried } = choosePlace(stores, true, ports);
  const mark: Mark = {
    ...{ format: 1, bootId, version, ...loaded, ...describeChosen(chosen, ports) },
    ...(machineId === undefined ? {} : { machineId }),
    startedAt: isSameBoot ? before.startedAt : now,
    drives,
    ...(isSameBoot ? pickDumps(before) : pickDumps(listCrashes(reader, ports.digests))),
  };
  const unmarked = tryToWrite(MARK_PATH, () => writeMark(mark, files));
  // The next boot would take the mark of an earlier boot for that of this one.
  if (unmarked.length > 0 && !isSameBoot) attempt(() => files.removeFile(MARK_PATH));
  // On XFS, a file may come to share its blocks with a copy at any time, so this is left to
  // `endBoot`.
  const unplaced = tryToWrite(PLACE_PATH, () =>
    writePlace(chosen?.fsType === "xfs" ? undefined : chosen, ports),
  );
  return {
    ...{ report, pending, isCopied, chosen, tried },
    unwritten: [...unmade, ...unreported, ...unmarked, ...unplaced],
  };
}

/** Stores a report, or keeps it in RAM for another attempt. */
function storeReport(report: Report, files: StateFiles): readonly Unwritten[] {
  const unstored = tryToWrite(REPORTS_DIR, () => addReport(report, files));
  if (unstored.length === 0) removePending(files);
  else attempt(() => keepPending(report, files));
  return [...unstored, ...tryToWrite(SHARED_REPORT_PATH, () => writeSharedReport(report, files))];
}

/** What the mark has about the place. */
function describeChosen(
  chosen: Chosen | undefined,
  { digests }: BootPorts,
): Pick<Mark, "place" | "nonce" | "sequence" | "isTorn"> {
  if (chosen === undefined) return { place: "" };
  const slots = readSlots(chosen.found.contents, digests);
  const { nonce, sequence } = describePlace(chosen, slots, undefined);
  const isTorn = slots.some(({ kind }) => kind === "torn");
  return { place: chosen.where, nonce, sequence, ...(isTorn ? { isTorn } : {}) };
}

/**
 * How the boot before this one ended; undefined on the first boot with exitrd. If the history has
 * reports but there is no mark, that boot could not write one.
 */
function reportLast(
  mark: Mark | undefined,
  drives: readonly DriveCount[],
  { now, readBefore }: ThisBoot,
  ports: BootPorts,
): Report | undefined {
  const { reports, unread } = readHistory(ports.writableFiles);
  if (mark === undefined && reports.length === 0 && unread.length === 0) return undefined;
  const { reader, digests } = ports;
  const found = {
    before: readBefore(),
    slots: readAllSlots(ports),
    drives,
    machine: nameMachine(readMachineId(reader), digests),
    dumps: listCrashes(reader, digests),
  };
  return reportEnding(mark, found, reader, now);
}

function pickDumps({
  crashes,
  crashDigests,
  unreadable = [],
}: Pick<Mark, "crashes" | "crashDigests" | "unreadable">) {
  return {
    crashes,
    ...(crashDigests === undefined ? {} : { crashDigests }),
    ...(unreadable.length === 0 ? {} : { unreadable }),
  };
}

/** A full or read-only file system must not keep the verdict from the journal and the target. */
function tryToWrite(path: string, write: () => void): readonly Unwritten[] {
  const written = trySys(write);
  return written.ok ? [] : [{ path, problem: written.problem }];
}

/**
 * Run when the shutdown begins, while everything but automounts is still mounted: looks for the place
 * again, since the file may have been moved or copied, and completes the mark. `drives` are those that
 * could be read again: what they counted while the machine was running does not concern it.
 * Returns the rejected places if none is left.
 */
export function endBoot(
  ended: Pick<Mark, "isLoaded" | "drives"> & Pick<ThisBoot, "now" | "stores">,
  ports: BootPorts,
): readonly Tried[] {
  const { reader, writableFiles: files } = ports;
  const { now, stores, drives, ...loaded } = ended;
  const mark = readMark(files);
  const own = mark?.bootId === readBootId(reader) ? mark : undefined;
  const left = own === undefined ? undefined : endMark(own, drives, { ...loaded, stoppedAt: now });
  // Looking for the place may block until this is killed, and the power was not lost then.
  if (left !== undefined) attempt(() => writeMark(left, files));
  const { chosen: found, tried } = choosePlace(stores, false, ports);
  const kept = found === undefined ? findKept(own?.place ?? "", stores, ports) : undefined;
  const chosen = found ?? kept;
  writePlace(chosen, ports);
  if (left !== undefined) writeMark({ ...left, ...describeChosen(chosen, ports) }, files);
  return chosen === undefined ? tried : [];
}

/** The mark without what could prove an interruption, until the place has been found again. */
function endMark(
  { nonce: _, sequence: __, isTorn: ___, ...kept }: Mark,
  drives: readonly DriveCount[],
  ended: Pick<Mark, "isLoaded" | "stoppedAt">,
): Mark {
  const counts = kept.drives.map(
    (drive) =>
      drives.find(({ serial, model }) => serial === drive.serial && model === drive.model) ?? drive,
  );
  return { ...kept, ...ended, drives: counts };
}

/** The place from the beginning of this boot, if its file system is no longer mounted. */
function findKept(
  path: string,
  stores: readonly RecordStore[],
  ports: BootPorts,
): Chosen | undefined {
  if (!isRecordPath(path, stores)) return undefined;
  const text = attempt(() => ports.reader.readText(PLACE_PATH)) ?? "";
  const place = parsePlace(text);
  return place && keepPlace(path, place, ports);
}

/**
 * Writes the place for PID 1. Without a place, the file is removed, or PID 1 would use the previous
 * boot's.
 */
function writePlace(chosen: Chosen | undefined, ports: BootPorts): void {
  const { writableFiles: files, digests, reader } = ports;
  if (chosen === undefined) {
    attempt(() => files.removeFile(PLACE_PATH), ["ENOENT"]);
    return;
  }
  const slots = readSlots(chosen.found.contents, digests);
  const place = describePlace(chosen, slots, nameMachine(readMachineId(reader), digests));
  files.replaceFile(PLACE_PATH, toBytes(`${JSON.stringify(place)}\n`), 0o600);
}
