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
import type { Digests, EventLog, FileReader, OpenEventLog, Tpm } from "../port/loader.ts";
import { attempt, type SysFailure, trySys } from "../port/sys-error.ts";
import { toByteString, toBytes } from "../text/bytes.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";

/** Data to be measured. */
export interface Measured {
  readonly what: MeasuredKind;
  /** As in a `MeasuredItem`. */
  readonly name: string;
  /** For an image, the bytes that are unpacked. */
  readonly data: Uint8Array;
}

export interface MeasurePorts {
  readonly files: FileReader;
  readonly codec: Digests;
  readonly tpm: Tpm;
  readonly eventLog: EventLog;
}

/** The planned extensions of PCRs, decided before the first one. */
export interface Measuring {
  /** The result if the TPM accepts everything. */
  readonly expected: Measurement;
  /** The items that are not in the PCRs yet. */
  readonly extend: ReadonlySet<MeasuredItem>;
}

/**
 * Computes the digests of each content for all active banks of its PCR. Asks the TPM for the
 * banks, but changes nothing. Items in `before` are in the PCR already and must not be extended
 * again. With `contents` undefined, nothing is measured.
 */
export function planMeasuring(
  contents: readonly Measured[] | undefined,
  before: readonly MeasuredItem[],
  pcrs: Pcrs,
  { codec, tpm }: Pick<MeasurePorts, "codec" | "tpm">,
): Measuring {
  if (contents === undefined) return planNothing({ kind: "off" });
  const items: MeasuredItem[] = [];
  const extend = new Set<MeasuredItem>();
  for (const one of contents) {
    const pcr = pcrs[one.what];
    const known = before.find((item) => isOf(item, one, pcr, codec));
    const item = known === undefined ? describeItem(one, pcr, codec, tpm) : accept(known);
    if (!item.ok) return planNothing(item.problem);
    items.push(item.value);
    if (known === undefined) extend.add(item.value);
  }
  return { expected: { kind: "measured", items }, extend };
}

function planNothing(reason: UnmeasuredReason): Measuring {
  return { expected: { kind: "unmeasured", reason }, extend: new Set() };
}

/**
 * Extends the PCRs as planned and writes systemd's event log. Stops at the first failure, which is
 * part of the result.
 */
export function measureAll({ expected, extend }: Measuring, ports: MeasurePorts): Measurement {
  if (expected.kind === "unmeasured") return expected;
  const items: MeasuredItem[] = [];
  for (const planned of expected.items) {
    const item = extend.has(planned) ? extendItem(planned, ports) : accept(planned);
    if (!item.ok) return { kind: "unmeasured", reason: item.problem };
    items.push(item.value);
  }
  return { kind: "measured", items };
}

/**
 * The string measured for each extension. It contains the digest that `exitrd inspect` prints, so
 * that the extension can be measured again after its file vanished with the initrd.
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

function describeItem(one: Measured, pcr: number, codec: Digests, tpm: Tpm): Try<MeasuredItem> {
  const answer = transmit(encodeGetBanks(), tpm);
  if (!answer.ok) return answer;
  const banks = parseBanks(answer.value, pcr);
  if (!banks.ok) return banks;
  if (banks.value.length === 0) return refuse({ kind: "no-bank", pcr });
  const digests = banks.value.map((hashAlg) => ({ hashAlg, digest: codec[hashAlg](one.data) }));
  return accept({ what: one.what, name: one.name, pcr, digests });
}

/** The log is locked meanwhile: other programs see both the extension and its record, or neither. */
function extendItem(item: MeasuredItem, { files, tpm, eventLog }: MeasurePorts): Try<MeasuredItem> {
  const opened = trySys(() => eventLog.open());
  const log = opened.ok ? opened.value : undefined;
  try {
    const extended = extendPcr(item.pcr, item.digests, tpm);
    if (!extended.ok) {
      // For any other error the PCR may or may not have changed, so the log stays marked.
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
