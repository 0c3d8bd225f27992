import type { ExtensionRecord } from "../image/extension/record.ts";
import { parseBanks, parseExtended } from "../image/tpm/answer.ts";
import { encodeGetBanks, encodePcrExtend } from "../image/tpm/command.ts";
import {
  describeContent,
  type EventTime,
  formatEventRecord,
  parseEventTime,
} from "../image/tpm/event-record.ts";
import type { BankDigest } from "../image/tpm/hash-algorithm.ts";
import type {
  MeasuredItem,
  MeasuredKind,
  Measurement,
  Pcrs,
  UnmeasuredReason,
} from "../image/tpm/measurement.ts";
import type { Digests } from "../port/digests.ts";
import type { EventLog, OpenEventLog } from "../port/event-log.ts";
import type { FileReader } from "../port/files.ts";
import { attempt } from "../port/sys-error.ts";
import { type SysFailure, trySys } from "../port/sys-failure.ts";
import type { Tpm } from "../port/tpm.ts";
import { toByteString, toBytes } from "../text/bytes.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";

/** What is to be measured. */
export interface Measured {
  readonly what: MeasuredKind;
  /** As in a `MeasuredItem`. */
  readonly name: string;
  /** Of an image, the bytes that are unpacked. */
  readonly data: Uint8Array;
}

export interface MeasurePorts {
  readonly files: FileReader;
  readonly codec: Digests;
  readonly tpm: Tpm;
  readonly eventLog: EventLog;
}

/**
 * Extends the digest of each content into the PCR of its kind, in every active bank, and
 * into systemd's event log. What is among `before` is there already: extended once more,
 * the PCR would tell of two. What fails is in the result, and ends it.
 */
export function measureAll(
  contents: readonly Measured[],
  before: readonly MeasuredItem[],
  pcrs: Pcrs,
  ports: MeasurePorts,
): Measurement {
  const items: MeasuredItem[] = [];
  for (const one of contents) {
    const pcr = pcrs[one.what];
    const known = before.find((item) => isOf(item, one, pcr, ports.codec));
    const item = known === undefined ? measureOne(one, pcr, ports) : accept(known);
    if (!item.ok) return { kind: "unmeasured", reason: item.problem };
    items.push(item.value);
  }
  return { kind: "measured", items };
}

/**
 * The string that stands for each extension, by the digest that `exitrd inspect` prints:
 * so it can be measured again when its file is gone with the initrd.
 */
export function describeExtensions(record: ExtensionRecord | undefined): readonly Measured[] {
  return (record?.loaded ?? []).map((extension) => {
    const name = `${extension.name}:${extension.sha256}`;
    return { what: "extension", name, data: toBytes(describeContent("extension", name)) };
  });
}

function isOf(item: MeasuredItem, one: Measured, pcr: number, codec: Digests): boolean {
  const { what, digests } = item;
  if (what !== one.what || item.pcr !== pcr) return false;
  return digests.every(({ hashAlg, digest }) => codec[hashAlg](one.data) === digest);
}

type Try<T> = Checked<T, UnmeasuredReason>;

function measureOne(one: Measured, pcr: number, ports: MeasurePorts): Try<MeasuredItem> {
  const { codec, tpm } = ports;
  const answer = transmit(encodeGetBanks(), tpm);
  if (!answer.ok) return answer;
  const banks = parseBanks(answer.value, pcr);
  if (!banks.ok) return banks;
  if (banks.value.length === 0) return refuse({ kind: "no-bank", pcr });
  const digests = banks.value.map((hashAlg) => ({ hashAlg, digest: codec[hashAlg](one.data) }));
  return extend({ what: one.what, name: one.name, pcr, digests }, ports);
}

/** The log is open meanwhile: whoever locks it sees both the extension and its record, or neither. */
function extend(item: MeasuredItem, { files, tpm, eventLog }: MeasurePorts): Try<MeasuredItem> {
  const opened = trySys(() => eventLog.open());
  const log = opened.ok ? opened.value : undefined;
  try {
    const extended = extendPcr(item.pcr, item.digests, tpm);
    if (!extended.ok) {
      // Anything else leaves open whether the PCR has changed, and the log marked.
      if (extended.problem.kind === "refused") attempt(() => log?.finish(""));
      return extended;
    }
    const time = readTime(files);
    const unlogged = opened.ok ? append(log, item, time) : opened.problem.words;
    return accept(unlogged === undefined ? item : { ...item, unlogged });
  } finally {
    log?.close();
  }
}

function extendPcr(pcr: number, digests: readonly BankDigest[], tpm: Tpm): Try<true> {
  const answer = transmit(encodePcrExtend(pcr, digests), tpm);
  return answer.ok ? parseExtended(answer.value) : answer;
}

function append(
  log: OpenEventLog | undefined,
  item: MeasuredItem,
  time: EventTime,
): string | undefined {
  if (log === undefined) return "its last record is incomplete";
  const written = trySys(() => log.finish(formatEventRecord(item, time)));
  return written.ok ? undefined : written.problem.words;
}

function readTime(files: FileReader): EventTime {
  const read = (path: string) => toByteString(attempt(() => files.readBytes(path, 4096)) ?? empty);
  return parseEventTime(read("/proc/sys/kernel/random/boot_id"), read("/proc/uptime"));
}

const empty = new Uint8Array();

function transmit(command: Uint8Array, tpm: Tpm): Try<Uint8Array> {
  const answer = trySys(() => tpm.transmit(command));
  return answer.ok ? answer : refuse(describeAbsence(answer.problem));
}

function describeAbsence({ code, words }: SysFailure): UnmeasuredReason {
  const isAbsent = code === "ENOENT" || code === "ENODEV" || code === "ENXIO";
  return isAbsent ? { kind: "no-tpm" } : { kind: "system", words };
}
