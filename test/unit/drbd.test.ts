import { describe, expect, test } from "vitest";
import {
  decodeDrbdResource,
  encodeDrbdDown,
  encodeDrbdStatus,
} from "../../src/kinds/drbd/protocol.ts";
import type { Snapshot } from "../../src/kinds/kinds.ts";
import { parseSnapshot, stringifySnapshot } from "../../src/teardown/snapshot/snapshot-text.ts";
import {
  decodeFamilyAnswer,
  encodeAttribute,
  encodeFamilyRequest,
  encodeGenericRequest,
  encodeString,
} from "../../src/text/genetlink.ts";
import { makeDevice, makeMount, makeSnapshot, planFor } from "./core-builders.ts";

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

describe("DRBD's netlink interface", () => {
  test("its family is requested by name, and the answer is a number", () => {
    const bytes = encodeFamilyRequest("drbd");
    expect(bytes).toHaveLength(32);
    expect([...bytes.subarray(20)]).toEqual([9, 0, 2, 0, 100, 114, 98, 100, 0, 0, 0, 0]);
    const attributes = join(
      encodeAttribute(2, encodeString("drbd")),
      encodeAttribute(1, Uint8Array.of(0x1d, 0)),
    );
    const answer = encodeGenericRequest({ family: 16, command: 1, payload: attributes });
    expect(decodeFamilyAnswer(answer)).toBe(0x1d);
    // NLMSG_ERROR: no such family.
    new DataView(answer.buffer).setUint16(4, 2, true);
    expect(decodeFamilyAnswer(answer)).toBeUndefined();
  });

  test("a minor's status contains its resource", () => {
    const request = encodeDrbdStatus(29, 3);
    expect([...request.subarray(16)]).toEqual([2, 1, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]);
    // Volume and name, with the flag that older tools need to know them.
    const context = join(
      encodeAttribute(0x4001, Uint8Array.of(0, 0, 0, 0)),
      encodeAttribute(0x4002, encodeString("data")),
    );
    const payload = join(new Uint8Array(8), encodeAttribute(0x8002, context));
    const answer = encodeGenericRequest({ family: 29, command: 2, payload });
    expect(decodeDrbdResource(answer)).toBe("data");
    expect(decodeDrbdResource(answer.subarray(0, 40))).toBeUndefined();
    expect(decodeDrbdResource(new Uint8Array())).toBeUndefined();
  });

  test("a resource is taken down by its name", () => {
    const bytes = encodeDrbdDown(29, "r0");
    expect(bytes[16]).toBe(27);
    expect([...bytes.subarray(20, 24)]).toEqual([255, 255, 255, 255]);
    expect([...bytes.subarray(28)]).toEqual([12, 0, 2, 128, 7, 0, 2, 0, 114, 48, 0, 0]);
  });
});

const twoVolumes: Snapshot = makeSnapshot(
  [
    makeMount(1, 0, "0:30", "/", "tmpfs"),
    makeMount(10, 1, "147:1", "/oldroot", "ext4"),
    makeMount(11, 1, "259:1", "/oldroot/part", "ext4"),
  ],
  [
    makeDevice("drbd0", "147:0", ["sda"], { drbd: { resource: "r0" } }),
    makeDevice("drbd0p1", "259:1", [], { partitionOf: "drbd0" }),
    makeDevice("drbd1", "147:1", ["meta", "sdb"], { drbd: { resource: "r0" } }),
    makeDevice("drbd2", "147:2", ["meta"], { drbd: { resource: "r1" } }),
    makeDevice("meta", "8:32"),
    makeDevice("sda", "8:0"),
    makeDevice("sdb", "8:16"),
  ],
);

test("a resource is released with all its volumes and their partitions, after everything on them", () => {
  const { plan, steps } = planFor(twoVolumes, "exitrd");
  expect(steps).toEqual([
    "umount '/oldroot'",
    "drbd down 'r1'",
    "umount '/oldroot/part'",
    "drbd down 'r0'",
  ]);
  const last = plan.steps.at(-1);
  expect(last?.also).toEqual(["block:147:0", "block:147:1", "block:259:1"]);
  // A volume that another resource depends on cannot show whether this one is down.
  expect(last?.step).toMatchObject({ devices: ["drbd0", "drbd1"], backings: ["sda", "sdb"] });
});

test("its resource survives in a snapshot", () => {
  expect(parseSnapshot(stringifySnapshot(twoVolumes))).toEqual(twoVolumes);
});
