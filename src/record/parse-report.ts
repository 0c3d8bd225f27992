import { parseShutdownRecord } from "../teardown/record/parse-record.ts";
import {
  type Field,
  get,
  readBoolean,
  readFlag,
  readList,
  readNumber,
  readOptional,
  readString,
} from "../text/read-field.ts";
import { type DriveChange, type DriveCount, ENDINGS, type Mark, type Report } from "./report.ts";

/** Reads a report of the history; undefined if it is damaged. */
export function parseReport(text: string): Report | undefined {
  return readOr(text, readReport);
}

/** Reads the mark of a boot; undefined if it is damaged. */
export function parseMark(text: string): Mark | undefined {
  return readOr(text, readMark);
}

function readOr<T>(text: string, read: (field: Field) => T): T | undefined {
  try {
    return read({ value: JSON.parse(text) as unknown, path: "" });
  } catch {
    return undefined;
  }
}

function readReport(field: Field): Report {
  const ending = ENDINGS.find((word) => word === get(field, "ending").value);
  if (ending === undefined) throw new Error("an unknown ending");
  return {
    format: readFormat(field),
    ending,
    bootId: readString(get(field, "bootId")),
    ...readOptional(field, "startedAt", readNumber),
    ...readOptional(field, "stoppedAt", readNumber),
    importedAt: readNumber(get(field, "importedAt")),
    ...readOptional(field, "record", ({ value }) => parseShutdownRecord(JSON.stringify(value))),
    place: readString(get(field, "place")),
    ...readFlag(field, "isTorn"),
    crashes: readStrings(get(field, "crashes")),
    ...readOptional(field, "unreadable", readStrings),
    drives: readList(get(field, "drives"), readChange),
    ...readOptional(field, "image", readString),
    ...readOptional(field, "signer", readString),
  };
}

function readMark(field: Field): Mark {
  return {
    format: readFormat(field),
    bootId: readString(get(field, "bootId")),
    startedAt: readNumber(get(field, "startedAt")),
    version: readString(get(field, "version")),
    place: readString(get(field, "place")),
    ...readOptional(field, "machineId", readString),
    ...readOptional(field, "nonce", readString),
    ...readOptional(field, "sequence", readNumber),
    ...readFlag(field, "isTorn"),
    drives: readList(get(field, "drives"), readDrive),
    crashes: readStrings(get(field, "crashes")),
    ...readOptional(field, "crashDigests", readStrings),
    ...readOptional(field, "unreadable", readStrings),
    ...readOptional(field, "stoppedAt", readNumber),
    ...readOptional(field, "isLoaded", readBoolean),
    ...readOptional(field, "image", readString),
    ...readOptional(field, "signer", readString),
  };
}

function readStrings(field: Field): readonly string[] {
  return readList(field, readString);
}

function readFormat(field: Field): 1 {
  if (readNumber(get(field, "format")) !== 1) throw new Error("an unknown format");
  return 1;
}

function readDrive(field: Field): DriveCount {
  return {
    serial: readString(get(field, "serial")),
    model: readString(get(field, "model")),
    name: readString(get(field, "name")),
    unsafe: readNumber(get(field, "unsafe")),
  };
}

function readChange(field: Field): DriveChange {
  return {
    serial: readString(get(field, "serial")),
    model: readString(get(field, "model")),
    before: readNumber(get(field, "before")),
    after: readNumber(get(field, "after")),
  };
}
