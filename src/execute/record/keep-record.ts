import { runTask, type TaskPorts } from "../../observe/run-task.ts";
import { listOrNone } from "../../port/best-effort.ts";
import type { FirmwareVariables, RawDevices } from "../../port/record.ts";
import { trySys } from "../../port/sys-error.ts";
import type { Action, Console, Reader } from "../../port/teardown.ts";
import {
  type KeepProblem,
  keepProblemLine,
  keptLine,
} from "../../teardown/record/describe-keeping.ts";
import { stringifyRecord } from "../../teardown/record/make-record.ts";
import { PLACE_PATH, parsePlace, type RecordPlace } from "../../teardown/record/place.ts";
import type { ShutdownRecord } from "../../teardown/record/record.ts";
import {
  encodeContents,
  encodeSlot,
  LONGEST_BODY,
  type SlotContents,
} from "../../teardown/record/slots.ts";
import {
  FIRMWARE_DIR,
  LONGEST_VARIABLE_BODY,
  VARIABLE_ATTRIBUTES,
  VARIABLE_PATH,
} from "../../teardown/record/variable.ts";
import { joinBytes, toBytes } from "../../text/bytes.ts";
import type { RecordStore } from "../../text/policies.ts";
import type { Share } from "../deadline/share-time.ts";
import { type LogPorts, logRecord } from "./log-record.ts";
import { type BmcPorts, logToBmc } from "./log-to-bmc.ts";
import { readBootId, readEnd } from "./read-end.ts";
import { writePlace } from "./write-place.ts";

// A healthy disk takes 10 ms; a dead one must not delay the verb.
const LIMIT_MS = 1_000;
// efivarfs reads all variables when it is mounted, and a write may make the firmware clean up its
// flash. Only unclean shutdowns are written there.
const FIRMWARE_LIMIT_MS = 3_000;
// Stores that need no place on a disk.
const OTHER_STORES: readonly RecordStore[] = ["pstore", "efivar", "ipmi"];

// Begins an answer that ends with the kernel's words.
const FAILED = "error: ";

export interface KeepPorts extends TaskPorts, BmcPorts, LogPorts {
  readonly rawDevices: RawDevices;
  readonly variables: FirmwareVariables;
}

/**
 * Keeps the record where the next boot finds it, and then adds an entry to the event log of the BMC
 * if that was asked for, whether the record was kept or not. Takes up to four shares.
 */
export function keepRecord(
  record: ShutdownRecord,
  stores: readonly RecordStore[],
  share: Share,
  ports: KeepPorts,
  console: Console,
): void {
  keepForNextBoot(record, stores, share, ports, console);
  if (stores.includes("ipmi")) logToBmc(record, share, ports, console);
}

/**
 * Writes the record for the next boot. Takes one second at most to find its place and to write it
 * there, one to log it for pstore, and three for a variable of the firmware. A failure is reported
 * and changes nothing else. Takes up to three shares.
 */
function keepForNextBoot(
  record: ShutdownRecord,
  stores: readonly RecordStore[],
  share: Share,
  ports: KeepPorts,
  console: Console,
): void {
  const tell = (where: string, problem: KeepProblem | undefined): boolean => {
    if (problem === undefined) console.info(keptLine(record.verdict, where));
    else console.warn(keepProblemLine(where, problem));
    return problem === undefined;
  };
  // The place is there even if the record was turned off on the kernel command line.
  const isWanted = stores.some((store) => !OTHER_STORES.includes(store));
  const kept = isWanted ? keepAtPlace(record, Math.round(share(LIMIT_MS)), ports) : undefined;
  if (kept !== undefined && tell(kept.where, kept.problem)) return;
  // The memory behind ERST wears out, so it gets only what no place has taken.
  if (stores.includes("pstore")) logRecord(record, Math.round(share(LIMIT_MS)), ports, console);
  // The kernel dumps its log in reboot(2), so nobody knows yet whether pstore takes it.
  if (record.verdict === "clean" || !stores.includes("efivar")) return;
  if (listOrNone(FIRMWARE_DIR, ports.reader).length === 0) return;
  const limitMs = Math.round(share(FIRMWARE_LIMIT_MS));
  const ended = runTask(() => writeToFirmware(record, ports), limitMs, ports);
  tell("the firmware", readEnd(ended, limitMs));
}

interface Kept {
  /** The partition. */
  readonly where: string;
  readonly problem: KeepProblem | undefined;
}

/**
 * Finds the place and writes the record there, in one child: /run may have been swapped out to a disk
 * that is dead by now. Its answer is a line with the partition, and then the rest. Undefined if there
 * is no place.
 */
function keepAtPlace(record: ShutdownRecord, limitMs: number, ports: KeepPorts): Kept | undefined {
  const write: Action = (send) => {
    const place = parsePlace(ports.reader.readText(PLACE_PATH));
    if (place === undefined) return "";
    send(`${place.partition}\n`);
    const written = trySys(() => writeToPlace(record, place, ports));
    return written.ok ? written.value : `${FAILED}${written.problem.words}`;
  };
  const ended = runTask(write, limitMs, ports);
  // The file may not exist.
  if (ended.kind === "error") return undefined;
  const answer = ended.kind === "done" ? ended.output : (ended.sent ?? "");
  const at = answer.indexOf("\n");
  if (at < 0) return undefined;
  const [where, rest] = [answer.slice(0, at), answer.slice(at + 1)];
  if (rest.startsWith(FAILED)) {
    return { where, problem: { kind: "error", words: rest.slice(FAILED.length) } };
  }
  const end = ended.kind === "done" ? { ...ended, output: rest } : ended;
  return { where, problem: readEnd(end, limitMs) };
}

/** Runs in a child. Returns "" if the record was written, else the kind of the problem. */
function writeToPlace(record: ShutdownRecord, place: RecordPlace, ports: KeepPorts): string {
  const { reader, rawDevices, digests } = ports;
  const { machine, sequence } = place;
  const own = machine === undefined ? record : { ...record, machine };
  const contents = encodeRecord(own, LONGEST_BODY, sequence, reader);
  if (contents === undefined) return "too-long";
  const blocks = encodeSlot(place.nonce, place.slot, contents, digests.sha256);
  return writePlace(place, blocks, reader, rawDevices) ?? "";
}

/** The same. */
function writeToFirmware(record: ShutdownRecord, ports: KeepPorts): string {
  const { reader, variables, digests } = ports;
  const contents = encodeRecord(record, LONGEST_VARIABLE_BODY, 0, reader);
  if (contents === undefined) return "too-long";
  const data = joinBytes([VARIABLE_ATTRIBUTES, encodeContents(contents, digests.sha256)]);
  variables.writeVariable(VARIABLE_PATH, data);
  return "";
}

function encodeRecord(
  record: ShutdownRecord,
  max: number,
  sequence: number,
  reader: Reader,
): SlotContents | undefined {
  const body = stringifyRecord(record, max);
  return body === undefined
    ? undefined
    : { sequence, bootId: readBootId(reader), body: toBytes(body) };
}
