import { beforeEach, describe, expect, test } from "vitest";
import { choosePcrs } from "../../src/image/tpm/measurement.ts";
import { describeLoadFailure } from "../../src/load/load-failure.ts";
import { loadImage } from "../../src/load/load-image.ts";
import { makeImage } from "../../src/pack/make-image.ts";
import { toBytes } from "../../src/text/bytes.ts";
import { accept } from "../../src/text/checked.ts";
import type { MeasurePolicy } from "../../src/text/policies.ts";
import { failCall } from "../fake/fail-call.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { fakeCodec, imageInput } from "../fake/image-inputs.ts";
import { unsignedIsFine } from "../fake/verification.ts";

const image = "/usr/lib/exitrd/exitrd.img";
const target = "/run/initramfs";
const request = {
  ...{ image, target, force: false, configuration: "[Exitrd]\n" },
  ...{ measure: "prefer" as MeasurePolicy, pcrs: choosePcrs({}), seal: "no" as const },
  verification: unsignedIsFine,
  extensions: { verify: () => accept("us"), takesUnsigned: true },
};

// Answers of swtpm: banks of SHA-1 and SHA-256; success; TPM_RC_LOCALITY.
const banks = Buffer.from(
  [
    "8001",
    "0000001f",
    "00000000",
    "00",
    "00000005",
    "00000002",
    "00040300f000",
    "000b0300f000",
  ].join(""),
  "hex",
);
const yes = Buffer.from("80020000001300000000000000000000010000", "hex");
const no = Buffer.from("80010000000a00000907", "hex");

const data = makeImage(imageInput, 0, fakeCodec);
let host: FakeHost;
let sent: string[];
let log: string[];

/** A host with a TPM that returns these answers, and an event log. */
function putTpm(...answers: readonly Uint8Array[]): void {
  const left = [...answers];
  host.tpm = {
    transmit: (command) => {
      sent.push(Buffer.from(command).toString("hex"));
      host.calls.push("tpm");
      return left.shift() ?? failCall("open", "ENOENT", "/dev/tpmrm0");
    },
  };
  host.eventLog = {
    open: () => {
      log.push("open");
      return { finish: (record) => log.push(record), close: () => log.push("close") };
    },
  };
}

beforeEach(() => {
  host = new FakeHost();
  host.putFile(image, data);
  sent = [];
  log = [];
});

/** TPM2_PCR_Extend (Part 2, 6.5.2). */
function listExtends(): readonly string[] {
  return sent.filter((command) => command.slice(12, 20) === "00000182");
}

function addExtension(): void {
  const path = "/etc/exitrd/extensions/debug.raw";
  host.putFile(path, "hsqs debug");
  host.putFile(`${path}.p7s`, "yes");
  const release = "usr/lib/extension-release.d/extension-release.debug";
  const text = "ID=_any\nSYSEXT_SCOPE=initrd\n";
  host.extensionTrees.contents.set("hsqs debug", { [release]: text });
}

function load(change: Partial<typeof request> = {}) {
  return loadImage({ ...request, ...change }, host);
}

test("the image's bytes are extended in each bank, and written to the log, once all is ready to be mounted", () => {
  putTpm(banks, yes);
  expect(load()).toMatchObject({
    kind: "loaded",
    measurement: { kind: "measured", items: [{ what: "image", name: image, pcr: 12 }] },
  });
  const [, extend] = sent;
  expect(extend).toContain(`0000000c00000009400000090000000000000000020004${fakeCodec.sha1(data)}`);
  expect(extend).toMatch(new RegExp(`000b${fakeCodec.sha256(data)}$`));
  expect(log).toEqual(["open", expect.stringContaining(fakeCodec.sha256(data)), "close"]);
  const order = ["seal tmpfs", `mkdir ${target}`, "tpm", `move_mount ${target}`];
  const at = order.map((call) => host.calls.lastIndexOf(call));
  expect(at).toEqual(at.toSorted((a, b) => a - b));
  const after = host.calls.slice(at[2]).filter((call) => !call.startsWith("open "));
  expect(after).toEqual(["tpm", `move_mount ${target}`, "close tmpfs"]);
  expect(host.text(`${target}/etc/exitrd.measured`)).toContain(fakeCodec.sha256(data));
});

test("the configured PCR is used", () => {
  putTpm(banks, yes);
  load({ pcrs: choosePcrs({ imagePcr: 14 }) });
  expect(sent[1]).toContain("000001820000000e");
});

test("an image that is already loaded is not extended again, not even for another configuration", () => {
  putTpm(banks, yes);
  load();
  expect(load().kind).toBe("already");
  const result = load({ configuration: "[Exitrd]\nTimeout=5000ms\n" });
  expect(result).toMatchObject({ kind: "loaded", measurement: { kind: "measured" } });
  expect(sent).toHaveLength(2);
});

test("an image that replaces another one is extended", () => {
  putTpm(banks, yes, banks, yes);
  load();
  const other = makeImage({ ...imageInput, version: "1.2.4" }, 0, fakeCodec);
  host.putFile(image, other);
  expect(load().kind).toBe("loaded");
  expect(sent[3]).toContain(fakeCodec.sha256(other));
});

test("an image that an initrd without the TPM's driver loaded is extended once there is one", () => {
  load();
  expect(load().kind).toBe("already");
  putTpm(banks, yes);
  expect(load()).toMatchObject({ kind: "loaded", measurement: { kind: "measured" } });
  expect(load().kind).toBe("already");
  expect(sent).toHaveLength(2);
});

test("an extension is extended into a PCR of its own, by its name and digest", () => {
  putTpm(banks, banks, yes, yes);
  addExtension();
  const name = `debug:${fakeCodec.sha256(toBytes("hsqs debug"))}`;
  expect(load()).toMatchObject({
    kind: "loaded",
    measurement: {
      items: [
        { what: "image", pcr: 12 },
        { what: "extension", name, pcr: 13 },
      ],
    },
  });
  expect(sent[3]).toContain("000001820000000d");
  expect(sent[3]).toMatch(new RegExp(`000b${fakeCodec.sha256(toBytes(`extension:${name}`))}$`));
  expect(log[4]).toContain(`"string":"extension:${name}"`);
  expect(load().kind).toBe("already");
  expect(sent).toHaveLength(4);
});

describe("without a measurement", () => {
  const cases: readonly (readonly [string, () => void, object])[] = [
    ["no TPM", () => {}, { kind: "no-tpm" }],
    ["a TPM that refuses", () => putTpm(banks, no), { kind: "refused", code: 0x907 }],
    ["a TPM that does not respond", () => putTpm(new Uint8Array()), { kind: "no-answer" }],
    [
      "a TPM without this PCR",
      () => putTpm(Buffer.from("800100000013000000000000000005000000" + "00", "hex")),
      { kind: "no-bank", pcr: 12 },
    ],
    [
      "a TPM that cannot be opened",
      () => {
        host.tpm = { transmit: () => failCall("open", "EACCES", "/dev/tpmrm0") };
      },
      { kind: "system", words: "Permission denied" },
    ],
  ];

  test.each(cases)("%s: loaded nevertheless, and recorded", (_, prepare, reason) => {
    prepare();
    expect(load()).toMatchObject({
      kind: "loaded",
      measurement: { kind: "unmeasured", reason },
    });
    const record = JSON.parse(host.text(`${target}/etc/exitrd.measured`) ?? "");
    expect(record).toEqual({ kind: "unmeasured", reason });
  });

  test.each(cases)("%s: nothing is loaded if it is required", (_, prepare, reason) => {
    prepare();
    const result = load({ measure: "require" });
    expect(result).toEqual({ kind: "failed", failure: { kind: "not-measured", image, reason } });
    expect(host.calls).not.toContain(`move_mount ${target}`);
    expect(host.names()).not.toContain(target);
  });

  test("the failure has the image, the reason and the action", () => {
    const result = load({ measure: "require" });
    if (result.kind !== "failed") throw new Error("loaded");
    expect(describeLoadFailure(result.failure)).toBe(
      `cannot measure '${image}': no TPM 2.0: enable the TPM, or set Measure=prefer in exitrd.conf(5)`,
    );
  });

  test("Measure=off does not use the TPM", () => {
    putTpm(banks, yes);
    expect(load({ measure: "off" })).toMatchObject({
      measurement: { kind: "unmeasured", reason: { kind: "off" } },
    });
    expect(sent).toEqual([]);
  });
});

describe("a load that fails has not extended any PCR", () => {
  test.each([
    ["fsopen tmpfs", "ENOMEM"],
    ["tree write shutdown", "ENOSPC"],
    ["tree write etc/exitrd.measured", "ENOSPC"],
    ["tree write etc/exitrd.loaded.json", "ENOMEM"],
    ["seal tmpfs", "ENOMEM"],
    [`mkdir ${target}`, "ENOSPC"],
  ])("if '%s' fails, and the next load extends it once", (call, code) => {
    putTpm(banks, banks, yes);
    host.failures.set(call, code);
    expect(load().kind).toBe("failed");
    expect(listExtends()).toEqual([]);
    host.failures.clear();
    expect(load()).toMatchObject({ kind: "loaded", measurement: { kind: "measured" } });
    expect(listExtends()).toHaveLength(1);
  });

  test("nor if one of several PCRs has no bank", () => {
    const other = Buffer.from(banks);
    // PCR 13 is in the second byte of each bank's map.
    for (const at of [23, 29]) other[at] = 0x10;
    putTpm(other, other);
    addExtension();
    expect(load({ measure: "require" })).toMatchObject({
      failure: { kind: "not-measured", reason: { kind: "no-bank", pcr: 13 } },
    });
    expect(listExtends()).toEqual([]);
  });
});

test("an image that differs only in its compression stays loaded and measured as it is", () => {
  putTpm(banks, yes);
  load();
  host.putFile(image, makeImage(imageInput, 1, fakeCodec));
  expect(load().kind).toBe("already");
  expect(load().kind).toBe("already");
  expect(listExtends()).toHaveLength(1);
});

test("a tree that was loaded unmeasured stays if the TPM still refuses", () => {
  load();
  const mounts = host.layers.length;
  putTpm(banks, no, banks, no);
  host.calls.length = 0;
  expect(load().kind).toBe("already");
  expect(host.calls).not.toContain(`umount2 ${target}`);
  expect(host.layers).toHaveLength(mounts);
});

test("the record in the tree contains the actual result, even an unexpected one", () => {
  putTpm(banks, no);
  expect(load()).toMatchObject({ kind: "loaded", measurement: { reason: { kind: "refused" } } });
  expect(JSON.parse(host.text(`${target}/etc/exitrd.measured`) ?? "")).toEqual({
    ...{ kind: "unmeasured", reason: { kind: "refused", code: 0x907 } },
  });
  expect(host.calls.filter((call) => call === `mkdir ${target}`)).toHaveLength(2);
  expect(host.calls.filter((call) => call === `rmdir ${target}`)).toHaveLength(1);
  expect(host.calls.filter((call) => call === `move_mount ${target}`)).toHaveLength(1);
});

describe("the event log", () => {
  test("is complete again if the TPM refused", () => {
    putTpm(banks, no);
    load();
    expect(log).toEqual(["open", "", "close"]);
  });

  test("stays marked if the state of the TPM is unknown", () => {
    putTpm(banks);
    load();
    expect(log).toEqual(["open", "close"]);
  });

  test.each([
    [() => failCall("flock", "EAGAIN"), /^Resource temporarily unavailable$/],
    [() => undefined, /its last record is incomplete/],
  ])("prevents nothing: a record that cannot be written is reported (%#)", (open, words) => {
    putTpm(banks, yes);
    host.eventLog = { open };
    expect(load()).toMatchObject({
      kind: "loaded",
      measurement: { kind: "measured", items: [{ unlogged: expect.stringMatching(words) }] },
    });
  });
});

test("an image that is loaded again after another one is extended again", () => {
  putTpm(banks, yes, banks, yes, banks, yes);
  load();
  host.putFile(image, makeImage({ ...imageInput, version: "1.2.4" }, 0, fakeCodec));
  load();
  host.putFile(image, data);
  load();
  expect(sent).toHaveLength(6);
});

test("with another PCR set, the image is extended there as well", () => {
  putTpm(banks, yes, banks, yes);
  load();
  load({ configuration: "[Exitrd]\nImagePCR=14\n", pcrs: choosePcrs({ imagePcr: 14 }) });
  expect(sent[3]).toContain("000001820000000e");
});
