import { toBytes } from "../../text/bytes.ts";
import { stringifyRecord } from "./make-record.ts";
import type { ShutdownRecord } from "./record.ts";

/*
 * The record as lines of the kernel log, which pstore keeps:
 *
 *   exitrd-record BOOT-ID INDEX/COUNT PIECE
 *
 * The pieces together are "LENGTH SHA256 JSON". JSON and not base64, since the kernel compresses
 * the log before it stores it. A newer kernel that cannot compress a part cuts off its end, which is
 * the newest. The digest covers the boot ID and the JSON.
 */
// The kernel cuts lines of more than about 970 bytes (kernel/printk/printk.c), prefix included.
const LONGEST_PIECE = 800;

/**
 * The longest record in the kernel log, in bytes. pstore keeps the last 10,240 bytes of the log by
 * default (pstore.kmsg_bytes), and ramoops only one part, of 4 KiB before compression by default. The
 * kernel's own messages about the devices and the end of the machine follow the record.
 */
export const LONGEST_LOGGED = 3_000;
const MOST_PIECES = 8;

/** LOG_DAEMON and LOG_DEBUG: in the log and in a dump of it, but not on the console. */
export const LOG_PRIORITY = "<31>";

type Sha256 = (data: Uint8Array) => string;

/** A record that was found in dumps of the kernel log. */
export type LoggedRecord =
  | {
      readonly kind: "whole";
      readonly sequence: 0;
      readonly bootId: string;
      readonly body: Uint8Array;
    }
  /** Lines are missing, or differ from what was written. */
  | { readonly kind: "cut"; readonly bootId: string };

/** The lines of a record; undefined if it is too long. `bootId` is 32 hexadecimal digits. */
export function encodeLogLines(
  record: ShutdownRecord,
  bootId: string,
  sha256: Sha256,
): readonly string[] | undefined {
  const json = stringifyAscii(record);
  if (json === undefined) return undefined;
  const text = `${json.length} ${digest(bootId, json, sha256)} ${json}`;
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += LONGEST_PIECE) {
    pieces.push(text.slice(at, at + LONGEST_PIECE));
  }
  return pieces.map(
    (piece, index) => `exitrd-record ${bootId} ${index + 1}/${pieces.length} ${piece}`,
  );
}

/**
 * Names may have any byte, and the console of a machine that is being debugged prints these lines.
 * Escaping makes a byte six times as long.
 */
function stringifyAscii(record: ShutdownRecord): string | undefined {
  for (const max of [LONGEST_LOGGED, LONGEST_LOGGED / 2, LONGEST_LOGGED / 6]) {
    const json = stringifyRecord(record, max)?.replace(
      /[\u007f-\u00ff]/g,
      (byte) => `\\u00${byte.charCodeAt(0).toString(16)}`,
    );
    if (json !== undefined && json.length <= LONGEST_LOGGED) return json;
  }
  return undefined;
}

function digest(bootId: string, json: string, sha256: Sha256): string {
  return sha256(toBytes(`${bootId} ${json}`));
}

// "<31>[   12.345678] ", with CONFIG_PRINTK_CALLER "<31>[   12.345678][    T1] ", and with printk.time=0
// "<31>" or "<31>[    T1] ". No message of the kernel itself has this priority.
const LINE = /^<31>(?:\[[ \d.]+\])?(?:\[[ \w]+\])? ?exitrd-record ([0-9a-f]{32}) (\d)\/(\d) (.*)$/;

/**
 * Finds records in the texts of dumps. A dump consists of parts, the newest first, and a record may
 * continue in another part. One boot has one record; of equal lines, the last is used.
 */
export function findLogged(texts: readonly string[], sha256: Sha256): readonly LoggedRecord[] {
  const found = new Map<string, { readonly count: number; readonly pieces: Map<number, string> }>();
  for (const line of texts.flatMap((text) => text.split("\n"))) {
    const [, bootId = "", index, count, piece = ""] = LINE.exec(line) ?? [];
    if (bootId === "" || Number(count) > MOST_PIECES) continue;
    const one = found.get(bootId) ?? { count: Number(count), pieces: new Map<number, string>() };
    one.pieces.set(Number(index), piece);
    found.set(bootId, one);
  }
  return [...found].map(([bootId, { count, pieces }]) => {
    const text = Array.from({ length: count }, (_, at) => pieces.get(at + 1) ?? "").join("");
    return joinPieces(bootId, text, sha256);
  });
}

function joinPieces(bootId: string, text: string, sha256: Sha256): LoggedRecord {
  const [, length, stored, json = ""] = /^(\d+) ([0-9a-f]{64}) (.*)$/.exec(text) ?? [];
  const isWhole = Number(length) === json.length && stored === digest(bootId, json, sha256);
  if (!isWhole) return { kind: "cut", bootId };
  return { kind: "whole", sequence: 0, bootId, body: toBytes(json) };
}
