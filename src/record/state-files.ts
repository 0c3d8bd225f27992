import { escapeBytes } from "../image/manifest.ts";
import type { FileReader, FileWriter } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";
import type { Reader } from "../port/teardown.ts";
import { toBytes } from "../text/bytes.ts";
import { parseMark, parseReport } from "./parse-report.ts";
import type { Mark, Report } from "./report.ts";

/** The directory of our state, on the root file system. */
export const STATE_DIR = "/var/lib/exitrd";
export const MARK_PATH = `${STATE_DIR}/boot.json`;
export const REPORTS_DIR = `${STATE_DIR}/reports`;

/** The most reports that are kept. */
const MOST_REPORTS = 50;
const LARGEST_FILE = 256 * 1024;

export type StateFiles = FileReader & Pick<FileWriter, "replaceFile" | "removeFile">;

/** The kernel's random ID of this boot, 32 hexadecimal digits. */
export function readBootId(reader: Reader): string {
  return reader.readText("/proc/sys/kernel/random/boot_id").trim().replaceAll("-", "");
}

/** The mark of the latest boot that left one: this boot or the previous one. */
export function readMark(files: FileReader): Mark | undefined {
  return parseMark(readState(MARK_PATH, files));
}

export function writeMark(mark: Mark, files: StateFiles): void {
  files.replaceFile(MARK_PATH, encodeState(mark), 0o600);
}

/** The whole history, oldest first. Damaged files are left out. */
export function readReports(files: FileReader): readonly Report[] {
  return listReports(files).flatMap(
    (name) => parseReport(readState(`${REPORTS_DIR}/${name}`, files)) ?? [],
  );
}

/** Adds a report, and removes the oldest if there are too many. */
export function addReport(report: Report, files: StateFiles): void {
  const names = listReports(files);
  const number = Number(names.at(-1)?.slice(0, 8) ?? "0") + 1;
  const name = `${String(number).padStart(8, "0")}.json`;
  files.replaceFile(`${REPORTS_DIR}/${name}`, encodeState(report), 0o600);
  for (const old of names.slice(0, Math.max(0, names.length + 1 - MOST_REPORTS))) {
    attempt(() => files.removeFile(`${REPORTS_DIR}/${old}`));
  }
}

function listReports(files: FileReader): readonly string[] {
  const names = attempt(() => files.readDir(REPORTS_DIR)) ?? [];
  return names.filter((name) => /^[0-9]{8}\.json$/.test(name));
}

function readState(path: string, files: FileReader): string {
  return attempt(() => files.readText(path, LARGEST_FILE)) ?? "";
}

function encodeState(value: unknown): Uint8Array {
  return toBytes(`${escapeBytes(JSON.stringify(value))}\n`);
}
