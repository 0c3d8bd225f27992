import type { FileReader } from "../port/loader.ts";
import { toBytes } from "../text/bytes.ts";
import { isUnclean, type Report } from "./report.ts";
import type { StateFiles } from "./state-files.ts";

/** /usr/lib/systemd/report.files/exitrd is a link to it: systemd-report-files@.service(8). */
export const SHARED_REPORT_PATH = "/run/exitrd/last-shutdown.json";
const LARGEST_FILE = 4096;

/**
 * Writes how the last boot ended, for systemd-report(1). It hands out the file to everybody, so the
 * file contains no names from this machine.
 */
export function writeSharedReport(report: Report, files: StateFiles): void {
  files.replaceFile(SHARED_REPORT_PATH, toBytes(`${JSON.stringify(share(report))}\n`), 0o600);
}

/** The boot that it is about: the last one; undefined if there is no such file. */
export function readSharedBootId(files: FileReader): string | undefined {
  try {
    const { bootId } = JSON.parse(files.readText(SHARED_REPORT_PATH, LARGEST_FILE));
    return typeof bootId === "string" ? bootId : undefined;
  } catch {
    return undefined;
  }
}

function share({ ending, bootId, startedAt, stoppedAt, record, drives }: Report): object {
  return {
    format: 1,
    ending,
    isUnclean: isUnclean(ending),
    bootId,
    startedAtMs: startedAt ?? null,
    stoppedAtMs: stoppedAt ?? null,
    verb: record?.verb ?? null,
    version: record?.version ?? null,
    tookMs: record?.tookMs ?? null,
    layersReleased: record?.layers ?? null,
    layersLeft: record?.left.length ?? null,
    failedSteps: record?.steps.filter(({ failure }) => failure !== undefined).length ?? null,
    unsafeShutdowns: drives.reduce(
      (sum, { before, after }) => sum + Math.max(0, after - before),
      0,
    ),
  };
}
