import { escapeBytes } from "../image/manifest.ts";
import { readOrEmpty } from "../port/best-effort.ts";
import type { Digests, FileReader, FileWriter } from "../port/loader.ts";
import { attempt, type SysFailure, trySys } from "../port/sys-error.ts";
import type { Reader } from "../port/teardown.ts";
import { toBytes } from "../text/bytes.ts";
import { findMountOf } from "./find-place.ts";
import { parseMark, parseReport } from "./parse-report.ts";
import type { Mark, Report } from "./report.ts";

/** The directory of our state, on the root file system. */
export const STATE_DIR = "/var/lib/exitrd";
export const MARK_PATH = `${STATE_DIR}/boot.json`;
export const REPORTS_DIR = `${STATE_DIR}/reports`;

/** A report of this boot that could not be stored there yet. */
const PENDING_PATH = "/run/exitrd/unstored-report.json";

/** The most reports that are kept. */
const MOST_REPORTS = 50;
const LARGEST_FILE = 256 * 1024;

export type StateFiles = FileReader & Pick<FileWriter, "replaceFile" | "removeFile">;

/** The kernel's random ID of this boot, 32 hexadecimal digits. */
export function readBootId(reader: Reader): string {
  return reader.readText("/proc/sys/kernel/random/boot_id").trim().replaceAll("-", "");
}

/**
 * The ID of this installation (machine-id(5)), 32 hexadecimal digits; undefined if it has none that
 * lasts: systemd mounts one for this boot alone where the file cannot be written.
 */
export function readMachineId(reader: Reader): string | undefined {
  const path = "/etc/machine-id";
  const id = readOrEmpty(path, reader).trim();
  const isTransient = findMountOf(path, reader)?.target === path;
  return /^[0-9a-f]{32}$/.test(id) && !isTransient ? id : undefined;
}

/** What stands for it in records, from which nobody can find it: see sd_id128_get_machine(3). */
export function nameMachine(
  machineId: string | undefined,
  { sha256 }: Pick<Digests, "sha256">,
): string | undefined {
  return machineId && sha256(toBytes(`exitrd ${machineId}`)).slice(0, 32);
}

/** The mark of the latest boot that left one: this boot or the previous one. */
export function readMark(files: FileReader): Mark | undefined {
  return parseMark(attempt(() => files.readText(MARK_PATH, LARGEST_FILE)) ?? "");
}

export function writeMark(mark: Mark, files: StateFiles): void {
  files.replaceFile(MARK_PATH, encodeState(mark), 0o600);
}

/** The reports of earlier boots. */
export interface History {
  /** Oldest first. */
  readonly reports: readonly Report[];
  /** Files that cannot be read, or the directory, oldest first. */
  readonly unread: readonly Unread[];
}

export interface Unread {
  readonly path: string;
  /** "damaged", or the words of the error. */
  readonly reason: string;
  /** The symbolic name of the error, for example `EACCES`; absent if it is damaged. */
  readonly code?: string;
  /** No report is newer. */
  readonly isNewest: boolean;
}

/** The whole history. */
export function readHistory(files: FileReader): History {
  const listed = trySys(() => attempt(() => listReports(files), ["ENOENT"]) ?? []);
  if (!listed.ok) {
    const why = describeError(listed.problem);
    return { reports: [], unread: [{ path: REPORTS_DIR, ...why, isNewest: true }] };
  }
  const names = listed.value;
  const reports: Report[] = [];
  const unread: Unread[] = [];
  for (const name of names) {
    const path = `${REPORTS_DIR}/${name}`;
    const text = trySys(() => files.readText(path, LARGEST_FILE));
    const report = text.ok ? parseReport(text.value) : undefined;
    if (report !== undefined) reports.push(report);
    else {
      const why = text.ok ? { reason: "damaged" } : describeError(text.problem);
      unread.push({ path, ...why, isNewest: name === names.at(-1) });
    }
  }
  return { reports, unread };
}

function describeError({ words, code }: SysFailure): Pick<Unread, "reason" | "code"> {
  return { reason: words, code };
}

/**
 * Adds a report, and removes the oldest if there are too many. Throws if the others cannot be listed:
 * it would replace one of them. A boot is reported again if the next one was cut off before it left its
 * mark; the first report is kept, since evidence only gets lost.
 */
export function addReport(report: Report, files: StateFiles): void {
  const names = attempt(() => listReports(files), ["ENOENT"]) ?? [];
  const newest = names.at(-1);
  const text = newest && attempt(() => files.readText(`${REPORTS_DIR}/${newest}`, LARGEST_FILE));
  if (report.bootId !== "" && parseReport(text ?? "")?.bootId === report.bootId) return;
  const number = Number(newest?.slice(0, 8) ?? "0") + 1;
  const name = `${String(number).padStart(8, "0")}.json`;
  files.replaceFile(`${REPORTS_DIR}/${name}`, encodeState(report), 0o600);
  for (const old of names.slice(0, Math.max(0, names.length + 1 - MOST_REPORTS))) {
    attempt(() => files.removeFile(`${REPORTS_DIR}/${old}`));
  }
}

/** Keeps a report in RAM, for another attempt to store it in this boot. */
export function keepPending(report: Report, files: StateFiles): void {
  files.replaceFile(PENDING_PATH, encodeState(report), 0o600);
}

export function readPending(files: FileReader): Report | undefined {
  return parseReport(attempt(() => files.readText(PENDING_PATH, LARGEST_FILE)) ?? "");
}

export function removePending(files: StateFiles): void {
  attempt(() => files.removeFile(PENDING_PATH));
}

function listReports(files: FileReader): readonly string[] {
  return files.readDir(REPORTS_DIR).filter((name) => /^[0-9]{8}\.json$/.test(name));
}

function encodeState(value: unknown): Uint8Array {
  return toBytes(`${escapeBytes(JSON.stringify(value))}\n`);
}
