import type { ShutdownRecord } from "../teardown/record/record.ts";
import { escapeControls } from "../text/show-bytes.ts";
import { describeEnding } from "./ending-words.ts";
import { isUnclean, type Report } from "./report.ts";

/** For journalctl MESSAGE_ID=…; integration/systemd/exitrd.catalog has the texts. */
const CLEAN_ID = "9305c3b411294c82a57378eb55210984";
const UNCLEAN_ID = "bff36a8a8441496eb9f0534daaa2e52f";

// syslog(3)
const LOG_WARNING = 4;
const LOG_INFO = 6;
const LOG_DAEMON = 3 << 3;

/** The fields of the journal entry: systemd.journal-fields(7). */
export function listJournalFields(report: Report): readonly (readonly [string, string])[] {
  const { ending, bootId, record, drives, place } = report;
  const unclean = isUnclean(ending);
  const raised = drives.filter(({ before, after }) => after > before);
  const fields: readonly (readonly [string, string | undefined])[] = [
    ["MESSAGE", `The last shutdown was ${describeEnding(ending)}`],
    ["MESSAGE_ID", unclean ? UNCLEAN_ID : CLEAN_ID],
    ["PRIORITY", String(unclean ? LOG_WARNING : LOG_INFO)],
    ["SYSLOG_IDENTIFIER", "exitrd"],
    ["EXITRD_ENDING", ending],
    ["EXITRD_BOOT_ID", bootId],
    ["EXITRD_PLACE", place],
    ["EXITRD_UNSAFE_DRIVES", raised.map(({ serial }) => serial).join(" ") || undefined],
    ...(record === undefined ? [] : listRecordFields(record)),
  ];
  return fields.flatMap(([key, value]) =>
    value === undefined ? [] : [[key, escapeControls(value)] as const],
  );
}

function listRecordFields(
  record: ShutdownRecord,
): readonly (readonly [string, string | undefined])[] {
  const holders = record.mounts.flatMap((mount) => mount.holders);
  const failed = record.steps.filter(({ failure }) => failure !== undefined);
  return [
    ["EXITRD_VERB", record.verb],
    ["EXITRD_VERSION", record.version],
    ["EXITRD_USEC", String(record.tookMs * 1000)],
    ["EXITRD_LAYERS", String(record.layers)],
    ["EXITRD_LEFT", record.left.join(" ") || undefined],
    [
      "EXITRD_HOLDERS",
      holders.map(({ pid, command }) => `${command}[${pid}]`).join(" ") || undefined,
    ],
    ["EXITRD_FAILED", failed.map(({ act, name }) => `${act} ${name}`).join("; ") || undefined],
  ];
}

/**
 * Encodes an entry in the native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL). Values have one
 * line each.
 */
export function encodeJournal(fields: readonly (readonly [string, string])[]): string {
  return fields.map(([key, value]) => `${key}=${value}\n`).join("");
}

/** Encodes a message as syslog(3) does, without the time, which syslogd adds (RFC 3164, 4.3.2). */
export function encodeSyslog(line: string, isWarning: boolean): string {
  const priority = LOG_DAEMON | (isWarning ? LOG_WARNING : LOG_INFO);
  return `<${priority}>exitrd: ${escapeControls(line)}`;
}
