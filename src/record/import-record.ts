import { listOrNone, readOrEmpty } from "../port/best-effort.ts";
import type { Digests } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";
import type { Reader } from "../port/teardown.ts";
import type { LoggedRecord } from "../teardown/record/log-lines.ts";
import { parseShutdownRecord } from "../teardown/record/parse-record.ts";
import type { ShutdownRecord } from "../teardown/record/record.ts";
import {
  decodeContents,
  RECORD_FILE_SIZE,
  readNonce,
  type Slot,
} from "../teardown/record/slots.ts";
import { VARIABLE_ATTRIBUTES, VARIABLE_PATH } from "../teardown/record/variable.ts";
import { toByteString, toBytes } from "../text/bytes.ts";
import { RECORD_STORES } from "../text/policies.ts";
import { listRecordPaths, type PreparePorts, readSlots } from "./choose-place.ts";
import { readPartitions } from "./find-partition-place.ts";
import { isOutdated, judgeEnding, reportUnmarked } from "./judge-ending.ts";
import type { KnownBoot } from "./read-boot-before.ts";
import {
  isReadableDump,
  MOVED_DEPTH,
  MOVED_DIR,
  PSTORE_DIR,
  readLogged,
  readOrdinaryName,
} from "./read-logged.ts";
import { type DriveCount, isUnclean, type Mark, type Report } from "./report.ts";

const LARGEST_VARIABLE = 4096;

/** A record that was found, wherever it was; `nonce` is that of the file or partition. */
export type Found = (Slot & { readonly nonce?: string }) | LoggedRecord;

/** Reads the slots of all places of this machine, including those that are no longer used. */
export function readAllSlots(ports: PreparePorts): readonly Found[] {
  const paths = listRecordPaths(RECORD_STORES, ports);
  const contents = [
    ...readPartitions(ports),
    ...paths.flatMap((path) => attempt(() => ports.files.readBytes(path, RECORD_FILE_SIZE)) ?? []),
  ];
  const variable = attempt(() => ports.files.readBytes(VARIABLE_PATH, LARGEST_VARIABLE));
  const firmware =
    variable === undefined
      ? []
      : [decodeContents(variable.subarray(VARIABLE_ATTRIBUTES.length), ports.digests.sha256)];
  // The firmware writes a variable completely or not at all, so a torn one is not ours.
  const whole = firmware.filter(({ kind }) => kind === "whole");
  const slots = contents.flatMap((file): readonly Found[] => {
    const nonce = readNonce(file);
    if (nonce === undefined) return [];
    return readSlots(file, ports.digests).map((slot) => ({ ...slot, nonce }));
  });
  // The variable has the shortest record.
  return [...slots, ...readLogged(ports), ...whole];
}

/** Everything that this boot knows about the ones before it. */
export interface Known {
  /** The last boot in the journal. */
  readonly before: KnownBoot | undefined;
  readonly slots: readonly Found[];
  readonly drives: readonly DriveCount[];
  /** This machine, as records name it. */
  readonly machine: string | undefined;
  readonly dumps: Dumps;
}

/** Concludes how the previous boot ended. `mark` is that of the last boot that left one. */
export function reportEnding(
  mark: Mark | undefined,
  known: Known,
  reader: Reader,
  now: number,
): Report {
  const { before, slots, machine } = known;
  const unmarkedId = before?.bootId ?? "";
  const unmarked = reportUnmarked(unmarkedId, findRecord(slots, unmarkedId), now);
  if (mark === undefined) return unmarked;
  const marked = reportMarked(mark, known, reader, now);
  const later = findLater(mark, slots, machine);
  if (later !== undefined && later.bootId !== mark.bootId) {
    return reportUnmarked(later.bootId, later.record, now);
  }
  if (before === undefined || !isOutdated(mark, before)) return marked;
  // A boot that only saved a dump, or that lost power before it left a mark, was no end of this one.
  const isUnfinished = mark.stoppedAt === undefined && unmarked.record === undefined;
  return isUnfinished && isUnclean(marked.ending) ? marked : unmarked;
}

/** How the boot that left `mark` ended. */
function reportMarked(
  mark: Mark,
  { slots, drives, dumps }: Known,
  reader: Reader,
  now: number,
): Report {
  const place = slots.filter((slot) => "nonce" in slot && slot.nonce === mark.nonce);
  const isShared = place.some((slot) => isSince(slot, mark));
  const evidence = {
    record: findRecord(slots, mark.bootId),
    isUnwritten: place.length > 0 && !isShared,
    isTorn: mark.isTorn !== true && !isShared && place.some(({ kind }) => kind === "torn"),
    isCut: slots.some((slot) => slot.kind === "cut" && slot.bootId === mark.bootId),
    isWatchdogReset: hasWatchdogReset(reader),
    ...dumps,
    drives,
  };
  return judgeEnding(mark, evidence, now);
}

/**
 * The newest record of this machine since the mark. If it is of another boot, the root file system,
 * with the mark and the journal, was rolled back or restored since; the record of the mark's own boot
 * may still be in the other slot.
 */
function findLater(
  mark: Mark,
  slots: readonly Found[],
  machine: string | undefined,
): { readonly bootId: string; readonly record: ShutdownRecord } | undefined {
  const since = slots.flatMap((slot) => {
    if (slot.kind !== "whole" || !("nonce" in slot) || slot.nonce !== mark.nonce) return [];
    const record = isSince(slot, mark) ? parseWhole(slot.body) : undefined;
    const isOwn = machine !== undefined && record?.machine === machine;
    return isOwn ? [{ bootId: slot.bootId, sequence: slot.sequence, record }] : [];
  });
  return since.toSorted((one, other) => one.sequence - other.sequence).at(-1);
}

/** Another system with the same place has written it: the record of this boot may be gone. */
function isSince(slot: Found, { sequence = 0 }: Mark): boolean {
  return slot.kind === "whole" && "sequence" in slot && slot.sequence >= sequence;
}

/** An unreadable record is ignored: anybody may have written it. */
function findRecord(slots: readonly Found[], bootId: string): ShutdownRecord | undefined {
  for (const slot of slots) {
    const record = slot.kind === "whole" && slot.bootId === bootId && parseWhole(slot.body);
    // Otherwise the other slot may have it.
    if (record) return record;
  }
  return undefined;
}

function parseWhole(body: Uint8Array): ShutdownRecord | undefined {
  try {
    return parseShutdownRecord(toByteString(body));
  } catch {
    return undefined;
  }
}

// linux/watchdog.h
const WDIOF_CARDRESET = 0x20;

function hasWatchdogReset(reader: Reader): boolean {
  return listOrNone("/sys/class/watchdog", reader).some((name) => {
    const status = readOrEmpty(`/sys/class/watchdog/${name}/bootstatus`, reader).trim();
    return (Number(status) & WDIOF_CARDRESET) !== 0;
  });
}

/** Dumps of the kernel log, as paths. */
export interface Dumps {
  readonly crashes: readonly string[];
  /** The SHA-256 of each of them: ramoops gives the first dump of each boot the same name. */
  readonly crashDigests: readonly string[];
  /** Those of them of an oops, after which the kernel goes on unless it also panics. */
  readonly oopses: readonly string[];
  /** They may be of a crash or of an ordinary shutdown, so they prove nothing. */
  readonly unreadable: readonly string[];
}

/**
 * Lists crash dumps of the kernel: in pstore, and one or two directories deep where systemd-pstore(8)
 * moves them and joins the parts of a dump into one file. Other files in pstore, such as the console
 * of each boot, are no sign of a crash.
 */
export function listCrashes(reader: Reader, { sha256 }: Pick<Digests, "sha256">): Dumps {
  const dumps = [...listDumps(PSTORE_DIR, 0, reader), ...listDumps(MOVED_DIR, MOVED_DEPTH, reader)];
  const list = (wanted: boolean): readonly Dump[] =>
    dumps
      .filter(({ isReadable }) => isReadable === wanted)
      .sort((one, other) => (one.path < other.path ? -1 : 1));
  const crashes = list(true);
  return {
    crashes: crashes.map(({ path }) => path),
    crashDigests: crashes.map(({ text }) => sha256(toBytes(text))),
    oopses: crashes.filter(({ text }) => text.startsWith("Oops#")).map(({ path }) => path),
    unreadable: list(false).map(({ path }) => path),
  };
}

interface Dump {
  readonly path: string;
  /** Of the first part, if parts are joined. */
  readonly text: string;
  readonly isReadable: boolean;
}

function listDumps(dir: string, depth: number, reader: Reader): readonly Dump[] {
  const names = listOrNone(dir, reader);
  const folders = depth === 0 ? [] : names.filter((name) => !name.startsWith("dmesg"));
  const deeper = folders.flatMap((name) => listDumps(`${dir}/${name}`, depth - 1, reader));
  const parts = names.filter((name) => name.startsWith("dmesg-")).map((name) => `${dir}/${name}`);
  const dumps = parts.flatMap((path): readonly Dump[] => {
    const text = readOrEmpty(path, reader);
    // Dumps of ordinary shutdowns, which always_kmsg_dump= keeps, are no crashes either.
    if (readOrdinaryName(text) !== undefined) return [];
    return [{ path, text, isReadable: isReadableDump(text) }];
  });
  const own = dumps.filter(({ isReadable }) => isReadable);
  const unreadable = dumps.filter(({ isReadable }) => !isReadable);
  const joined = `${dir}/${JOINED}`;
  // The joined file at the top belongs only to the last of several crashes.
  const isJoined = depth < MOVED_DEPTH && names.includes(JOINED);
  const shown = isJoined ? own.slice(0, 1).map((one) => ({ ...one, path: joined })) : own;
  return [...shown, ...unreadable, ...deeper];
}

const JOINED = "dmesg.txt";
