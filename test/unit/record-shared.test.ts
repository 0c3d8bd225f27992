import { describe, expect, test } from "vitest";
import { type Found, reportEnding } from "../../src/record/import-record.ts";
import type { Mark, Report } from "../../src/record/report.ts";
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

const machine = "c".repeat(32);

const judge = (left: Mark, slots: readonly Found[]): Report => {
  const dumps = { crashes: [], crashDigests: [], oopses: [], unreadable: [] };
  const known = { before: undefined, slots, drives: [], machine, dumps };
  return reportEnding(left, known, new FakeHost().reader, 9);
};

const end = (slots: readonly Found[], change: Partial<Mark> = {}): string =>
  judge({ ...mark, ...change }, slots).ending;

const { stoppedAt: _, isLoaded: __, ...running } = mark;

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
    expect(judge(running, [left]).ending).toBe("power-lost");
    expect(end([torn, empty], { isTorn: true, isLoaded: false })).toBe("no-exitrd");
  });
});

describe("a mark that a rollback of the root brought back", () => {
  const record = {
    ...{ format: 1, machine, version: "1", kernel: "6.1", verb: "reboot", verdict: "clean" },
    ...{ tookMs: 1, madeAt: 1, isSynced: true, isPlanned: true, omitted: 0, layers: 1, planned: 1 },
    ...{ steps: [], mounts: [], left: [], survivors: [] },
  };
  const since = (sequence: number, bootId: string, change: object = {}): Found => {
    const body = new TextEncoder().encode(JSON.stringify({ ...record, ...change }));
    return { kind: "whole", nonce, sequence, bootId, body };
  };
  const [earlier, last] = ["d".repeat(32), "e".repeat(32)];

  test("is older than the last record of this machine", () => {
    const slots = [since(6, last, { verdict: "degraded" }), since(5, earlier)];
    for (const left of [running, mark]) {
      expect(judge(left, slots)).toMatchObject({ ending: "degraded", bootId: last });
    }
  });

  test("is older also if its own record is still in the other slot", () => {
    const slots = [since(6, last, { verdict: "degraded" }), since(5, own, { verdict: "failed" })];
    for (const left of [running, mark]) {
      expect(judge(left, slots)).toMatchObject({ ending: "degraded", bootId: last });
    }
  });

  test("is judged by a record of its own if no later one is of this machine", () => {
    const slots = [
      since(6, last, { machine: "f".repeat(32) }),
      since(5, own, { verdict: "failed" }),
    ];
    expect(judge(mark, slots)).toMatchObject({ ending: "failed", bootId: own });
    expect(judge(mark, [since(5, own), since(4, earlier)])).toMatchObject({
      ...{ ending: "clean", bootId: own },
    });
  });

  test("is no such mark if the record is of another system, an older one, or of none", () => {
    for (const other of [since(6, last, { machine: "f".repeat(32) }), since(4, last)]) {
      expect(judge(running, [other]).ending).toBe("power-lost");
    }
    expect(judge(running, [since(6, last, { machine: undefined })]).ending).toBe("power-lost");
  });
});
