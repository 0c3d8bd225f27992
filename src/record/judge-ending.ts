import type { ShutdownRecord } from "../teardown/record/record.ts";
import type { KnownBoot } from "./read-boot-before.ts";
import type { DriveChange, DriveCount, Ending, Mark, Report } from "./report.ts";

/** What the next boot found. */
export interface Evidence {
  /** The record of the boot that left the mark; undefined if there is none. */
  readonly record: ShutdownRecord | undefined;
  /** The place of the mark was read, and nothing was written to it since the mark. */
  readonly isUnwritten: boolean;
  /** A slot of it is torn that was whole when the boot began. */
  readonly isTorn: boolean;
  /** A dump of the kernel log has only parts of its record. */
  readonly isCut?: boolean;
  /** WDIOF_CARDRESET: the watchdog caused this boot. */
  readonly isWatchdogReset: boolean;
  readonly crashes: readonly string[];
  /** The SHA-256 of each of them. */
  readonly crashDigests?: readonly string[];
  /** Those of them after which the kernel went on. */
  readonly oopses?: readonly string[];
  /** Dumps of the kernel log that cannot be decoded. */
  readonly unreadable?: readonly string[];
  readonly drives: readonly DriveCount[];
}

/** Judges how the boot that left `mark` ended. A record of another boot is ignored. */
export function judgeEnding(mark: Mark, evidence: Evidence, now: number): Report {
  const { record, drives } = evidence;
  const isTorn = evidence.isTorn || evidence.isCut === true;
  const crashes = listNewCrashes(mark, evidence);
  const known = [...mark.crashes, ...(mark.unreadable ?? [])];
  const unreadable = (evidence.unreadable ?? []).filter((name) => !known.includes(name));
  const { bootId, startedAt, stoppedAt, place, image, signer } = mark;
  return {
    format: 1,
    ending: findEnding(mark, evidence, crashes),
    ...{ bootId, startedAt, importedAt: now, place, crashes },
    ...(unreadable.length === 0 ? {} : { unreadable }),
    ...(stoppedAt === undefined ? {} : { stoppedAt }),
    ...(record === undefined ? {} : { record }),
    ...(isTorn && record === undefined ? { isTorn } : {}),
    drives: compareDrives(mark.drives, drives),
    ...(image === undefined ? {} : { image }),
    ...(signer === undefined ? {} : { signer }),
  };
}

/**
 * The dumps that the mark does not have. One with a known name is new if its contents differ: ramoops
 * begins with the same name at each boot, and systemd-pstore(8) replaces the file that it has moved.
 */
function listNewCrashes(mark: Mark, { crashes, crashDigests = [] }: Evidence): readonly string[] {
  return crashes.filter((name, at) => {
    // A later kernel may decode what an earlier one could not: that makes it no new crash.
    if (mark.unreadable?.includes(name)) return false;
    const nth = mark.crashes.indexOf(name);
    // A mark of an earlier version has no digests.
    const digest = mark.crashDigests?.[nth];
    return nth < 0 || (digest !== undefined && digest !== crashDigests[at]);
  });
}

/**
 * Whether the mark is of an earlier boot than the last one: exitrd was not there meanwhile, or its
 * unit was off. Only a boot with entries from after the mark proves that: the journal may have lost
 * what was not written yet when the power went.
 */
export function isOutdated(mark: Mark, before: KnownBoot | undefined): boolean {
  return before !== undefined && before.bootId !== mark.bootId && before.lastAt > mark.startedAt;
}

/**
 * The report of a boot that left no mark; `bootId` is "" if the journal does not know it. Its record
 * may be there nevertheless.
 */
export function reportUnmarked(
  bootId: string,
  record: ShutdownRecord | undefined,
  now: number,
): Report {
  return {
    ...{ format: 1, ending: record?.verdict ?? "unknown", bootId, importedAt: now },
    ...(record === undefined ? {} : { record }),
    // What there is since the mark may be of any boot since.
    ...{ place: "", crashes: [], drives: [] },
  };
}

function findEnding(
  { stoppedAt, isLoaded }: Mark,
  { record, isTorn, isCut, isUnwritten, isWatchdogReset, oopses = [] }: Evidence,
  crashes: readonly string[],
): Ending {
  if (record !== undefined) return record.verdict;
  // A boot that was shut down afterwards, perhaps weeks later, was not ended by an oops.
  const survived = stoppedAt === undefined ? [] : oopses;
  if (crashes.some((name) => !survived.includes(name))) return "crashed";
  // The kernel dumps its log after everything else, so this shutdown was finished.
  if (isCut === true) return "unrecorded";
  if (isWatchdogReset) return "watchdog";
  // Even an unfinished record proves that a shutdown was begun.
  if (isTorn) return "interrupted";
  if (stoppedAt === undefined) return "power-lost";
  if (isLoaded !== true) return "no-exitrd";
  return isUnwritten ? "interrupted" : "unrecorded";
}

function compareDrives(
  before: readonly DriveCount[],
  after: readonly DriveCount[],
): readonly DriveChange[] {
  return after.flatMap(({ serial, model, unsafe }) => {
    const known = before.find((drive) => drive.serial === serial && drive.model === model);
    return known === undefined ? [] : [{ serial, model, before: known.unsafe, after: unsafe }];
  });
}
