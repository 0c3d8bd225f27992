import { describe, expect, test } from "vitest";
import { type Found, reportEnding } from "../../src/record/import-record.ts";
import type { Mark } from "../../src/record/report.ts";
import { FakeHost } from "../fake/fake-host.ts";

const [own, other] = ["a".repeat(32), "b".repeat(32)];
const nonce = "1".repeat(32);
const mark: Mark = {
  ...{ format: 1, bootId: own, startedAt: 1_000, version: "1", place: "/boot/exitrd.record" },
  ...{ nonce, sequence: 5, drives: [], crashes: [] },
  ...{ stoppedAt: 2_000, isLoaded: true },
};
const before: Found = {
  ...{ kind: "whole", nonce, sequence: 4, bootId: "0".repeat(32), body: new Uint8Array() },
};
const empty: Found = { kind: "empty", nonce };
const torn: Found = { kind: "torn", nonce };
const elsewhere = "2".repeat(32);

const end = (slots: readonly Found[], change: Partial<Mark> = {}): string =>
  reportEnding({ ...mark, ...change }, undefined, slots, [], new FakeHost().reader, 9).ending;

describe("a boot without a record of its own", () => {
  test("was interrupted if its place is as it was, or torn since", () => {
    expect(end([before, empty])).toBe("interrupted");
    expect(end([before, torn])).toBe("interrupted");
  });

  test("is unrecorded if its place cannot be found, or another system has used it", () => {
    expect(end([])).toBe("unrecorded");
    expect(end([{ ...before, nonce: elsewhere }])).toBe("unrecorded");
    expect(
      end([
        { ...before, sequence: 6 },
        { ...before, sequence: 7, bootId: other },
      ]),
    ).toBe("unrecorded");
  });

  test("is not judged by a slot that another system tore", () => {
    expect(end([torn, { ...before, sequence: 6, bootId: other }])).toBe("unrecorded");
  });

  test("is not judged by a torn slot of a place that it did not use", () => {
    const left: Found = { ...torn, nonce: elsewhere };
    expect(end([left, empty], { isLoaded: false })).toBe("no-exitrd");
    const { stoppedAt: _, isLoaded: __, ...running } = mark;
    expect(reportEnding(running, undefined, [left], [], new FakeHost().reader, 9).ending).toBe(
      "power-lost",
    );
    expect(end([torn, empty], { isTorn: true, isLoaded: false })).toBe("no-exitrd");
  });
});
