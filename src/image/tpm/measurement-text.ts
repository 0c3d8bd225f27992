import {
  type Field,
  get,
  readList,
  readNumber,
  readOptional,
  readString,
} from "../../text/read-field.ts";
import { escapeBytes } from "../manifest.ts";
import { type BankDigest, hashAlgorithms } from "./hash-algorithm.ts";
import type { MeasuredItem, Measurement, UnmeasuredReason } from "./measurement.ts";

/** The record that the loader writes into the tree, for `exitrd status` and the next loader. */
export function stringifyMeasurement(measurement: Measurement): string {
  return escapeBytes(`${JSON.stringify(measurement)}\n`);
}

/** Reads it back; undefined if `stringifyMeasurement` cannot have written it. */
export function parseMeasurement(text: string): Measurement | undefined {
  try {
    return readMeasurement({ value: JSON.parse(text), path: "" });
  } catch {
    return undefined;
  }
}

function readMeasurement(field: Field): Measurement {
  const kind = readString(get(field, "kind"));
  if (kind === "measured") return { kind, items: readList(get(field, "items"), readItem) };
  if (kind !== "unmeasured") throw new Error(`no kind '${kind}'`);
  return { kind, reason: readReason(get(field, "reason")) };
}

function readItem(field: Field): MeasuredItem {
  const what = readString(get(field, "what"));
  if (what !== "image" && what !== "extension") throw new Error(`no kind '${what}'`);
  return {
    what,
    name: readString(get(field, "name")),
    pcr: readNumber(get(field, "pcr")),
    digests: readList(get(field, "digests"), readDigest),
    ...readOptional(field, "unlogged", readString),
  };
}

function readDigest(field: Field): BankDigest {
  const name = readString(get(field, "hashAlg"));
  const algorithm = hashAlgorithms.find((known) => known.name === name);
  if (algorithm === undefined) throw new Error(`no algorithm '${name}'`);
  return { hashAlg: algorithm.name, digest: readString(get(field, "digest")) };
}

function readReason(field: Field): UnmeasuredReason {
  const kind = readString(get(field, "kind"));
  switch (kind) {
    case "off":
    case "no-tpm":
    case "no-answer":
    case "bad-answer":
      return { kind };
    case "system":
      return { kind, words: readString(get(field, "words")) };
    case "no-bank":
      return { kind, pcr: readNumber(get(field, "pcr")) };
    case "refused":
      return { kind, code: readNumber(get(field, "code")) };
    default:
      throw new Error(`no reason '${kind}'`);
  }
}
