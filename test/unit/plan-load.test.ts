import { describe, expect, test } from "vitest";
import { choosePcrs, type Measurement } from "../../src/image/tpm/measurement.ts";
import { checkImage } from "../../src/load/check-image.ts";
import type { LoadRequest } from "../../src/load/load-request.ts";
import type { OurTree } from "../../src/load/look-at-target.ts";
import { listAdditions, planLoad } from "../../src/load/plan-load.ts";
import type { LoadFacts } from "../../src/load/read-load-facts.ts";
import { makeImage } from "../../src/pack/make-image.ts";
import { accept, refuse } from "../../src/text/checked.ts";
import { fakeCodec, imageInput, sha256 } from "../fake/image-inputs.ts";
import { unsignedIsFine } from "../fake/verification.ts";

const checked = checkImage(makeImage(imageInput, 0, fakeCodec), "x86_64", fakeCodec);
if (!checked.ok) throw new Error(checked.problem.kind);
const image = checked.value;
const manifest = image.entries.find(({ path }) => path === "manifest.json");
const digest = sha256(manifest?.kind === "file" ? manifest.data : new Uint8Array());

const request: LoadRequest = {
  ...{ image: "/exitrd.img", target: "/run/initramfs", force: false, configuration: "[Exitrd]\n" },
  ...{ measure: "prefer", pcrs: choosePcrs({}), seal: "no", verification: unsignedIsFine },
  extensions: { verify: () => refuse("no"), takesUnsigned: false },
};
const measured: Measurement = { kind: "measured", items: [] };
const unmeasured: Measurement = { kind: "unmeasured", reason: { kind: "no-tpm" } };
const facts: LoadFacts = {
  ...{ image, trust: { kind: "unsigned" }, occupant: { kind: "nothing" }, isPinned: false },
  ...{ parts: { entries: [], record: undefined }, kept: [], below: [] },
  measuring: { expected: measured, extend: new Set() },
};
const same: OurTree = {
  ...{ kind: "ours", manifest: image.manifest, digest, intact: true, sealed: false },
  ...{ configuration: "[Exitrd]\n", measurement: measured, extensions: undefined },
};

function plan(change: Partial<LoadFacts>, asked: Partial<LoadRequest> = {}) {
  return planLoad({ ...request, ...asked }, accept({ ...facts, ...change }), sha256);
}

test("an image that was rejected while reading stays rejected", () => {
  const failure = { kind: "not-sealed", image: "x" } as const;
  expect(planLoad(request, refuse(failure), sha256)).toEqual({ kind: "refuse", failure });
});

test("the record of a measurement is among the added files", () => {
  const placement = plan({});
  if (placement.kind !== "place") throw new Error(placement.kind);
  expect(listAdditions(placement, measured).map(({ path }) => path)).toEqual([
    "etc/exitrd.conf",
    "etc/exitrd.measured",
  ]);
});

describe("what is at the target", () => {
  test.each<[string, Partial<LoadFacts>, Partial<LoadRequest>, object]>([
    ["nothing", {}, {}, { kind: "place", unmeasured: "place" }],
    ["the same", { occupant: same }, {}, { kind: "keep" }],
    ["a damaged one", { occupant: { ...same, intact: false } }, {}, { kind: "place" }],
    ["another image", { occupant: { ...same, digest: "0" } }, {}, { kind: "place" }],
    ["another configuration", { occupant: same }, { configuration: "" }, { kind: "place" }],
    ["a sealed one", { occupant: { ...same, sealed: true } }, {}, { kind: "place" }],
    [
      "the same, unmeasured, and now there is a TPM",
      { occupant: { ...same, measurement: unmeasured } },
      {},
      { kind: "place", unmeasured: "keep" },
    ],
    [
      "the same, unmeasured, and still no TPM",
      {
        occupant: { ...same, measurement: unmeasured },
        measuring: { expected: unmeasured, extend: new Set() },
      },
      {},
      { kind: "keep" },
    ],
    [
      "no directory",
      { occupant: { kind: "not-directory" } },
      { force: true },
      { kind: "refuse", failure: { kind: "not-directory" } },
    ],
    [
      "another program",
      { occupant: { kind: "foreign", hasShutdown: true, isMounted: false } },
      {},
      { kind: "refuse", failure: { kind: "taken" } },
    ],
    [
      "another program, by force",
      { occupant: { kind: "foreign", hasShutdown: true, isMounted: false } },
      { force: true },
      { kind: "place" },
    ],
  ])("%s", (_, change, asked, expected) => {
    expect(plan(change, asked)).toMatchObject(expected);
  });
});

describe("Measure=require", () => {
  test("refuses immediately if there is no TPM", () => {
    const measuring = { expected: unmeasured, extend: new Set<never>() };
    expect(plan({ measuring }, { measure: "require" })).toMatchObject({
      ...{ kind: "refuse", failure: { kind: "not-measured", reason: { kind: "no-tpm" } } },
    });
  });

  test("otherwise refuses if the TPM fails", () => {
    expect(plan({}, { measure: "require" })).toMatchObject({ kind: "place", unmeasured: "refuse" });
  });
});

test("Seal=verity refuses an archive, whatever is at the target", () => {
  expect(plan({ occupant: same }, { seal: "verity" })).toMatchObject({
    ...{ kind: "refuse", failure: { kind: "not-sealed", image: "/exitrd.img" } },
  });
});
