import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseBanks, parseExtended } from "../../src/image/tpm/answer.ts";
import { encodeGetBanks, encodePcrExtend } from "../../src/image/tpm/command.ts";
import { describeMeasurement } from "../../src/image/tpm/describe-measurement.ts";
import { formatEventRecord, parseEventTime } from "../../src/image/tpm/event-record.ts";
import type { BankDigest } from "../../src/image/tpm/hash-algorithm.ts";
import type { MeasuredItem, Measurement } from "../../src/image/tpm/measurement.ts";
import { parseMeasurement, stringifyMeasurement } from "../../src/image/tpm/measurement-text.ts";
import { type Swtpm, startSwtpm } from "../fake/swtpm.ts";

function digestOf(text: string): readonly BankDigest[] {
  return (["sha1", "sha256", "sha384", "sha512"] as const).map((hashAlg) => ({
    hashAlg,
    digest: createHash(hashAlg).update(text).digest("hex"),
  }));
}

describe("a software TPM", () => {
  let tpm: Swtpm;
  beforeAll(async () => {
    tpm = await startSwtpm();
  });
  afterAll(() => tpm.end());

  /** TPM2_PCR_Read of PCR 12 in the bank of SHA-256: the value is at the end of the answer. */
  async function readPcr12(): Promise<string> {
    const command = Buffer.from("8001000000140000017e00000001000b03001000", "hex");
    return Buffer.from(await tpm.send(command))
      .subarray(-32)
      .toString("hex");
  }

  test("returns the active banks", async () => {
    const answer = await tpm.send(encodeGetBanks());
    const active = { ok: true, value: expect.arrayContaining(["sha256"]) };
    expect(parseBanks(answer, 12)).toEqual(active);
    expect(parseBanks(answer, 24)).toEqual({ ok: true, value: [] });
  });

  test("extends a PCR, in every bank at once", async () => {
    const banks = parseBanks(await tpm.send(encodeGetBanks()), 12);
    if (!banks.ok) throw new Error("no banks");
    const digests = digestOf("image").filter(({ hashAlg }) => banks.value.includes(hashAlg));
    expect(await readPcr12()).toBe("00".repeat(32));
    const answer = await tpm.send(encodePcrExtend(12, digests));
    expect(parseExtended(answer)).toEqual({ ok: true, value: true });
    const before = Buffer.alloc(32);
    const measured = createHash("sha256").update("image").digest();
    const wanted = createHash("sha256").update(before).update(measured).digest("hex");
    expect(await readPcr12()).toBe(wanted);
  });

  test("refuses an unknown PCR, and its code is reported", async () => {
    const answer = await tpm.send(encodePcrExtend(99, digestOf("image").slice(1, 2)));
    expect(parseExtended(answer)).toEqual({
      ok: false,
      problem: { kind: "refused", code: 0x184 },
    });
  });
});

describe("invalid responses", () => {
  const banks = Buffer.from(
    [
      "8001",
      "0000001f",
      "00000000",
      "00",
      "00000005",
      "00000002",
      "000403001000",
      "000b03001000",
    ].join(""),
    "hex",
  );

  test("an empty answer, a truncated one, another length", () => {
    expect(parseExtended(new Uint8Array())).toEqual({ ok: false, problem: { kind: "no-answer" } });
    const bad = { ok: false, problem: { kind: "bad-answer" } };
    expect(parseExtended(Buffer.from("8002", "hex"))).toEqual(bad);
    expect(parseExtended(Buffer.from("80020000000b00000000", "hex"))).toEqual(bad);
    expect(parseExtended(Buffer.from("80010000000a00000000", "hex"))).toEqual(bad);
  });

  test("banks that end early, at any byte", () => {
    expect(parseBanks(banks, 12)).toEqual({ ok: true, value: ["sha1", "sha256"] });
    for (let length = 1; length < banks.length; length++) {
      const part = Buffer.from(banks.subarray(0, length));
      if (length >= 6) part.writeUInt32BE(length, 2);
      expect(parseBanks(part, 12)).toEqual({ ok: false, problem: { kind: "bad-answer" } });
    }
  });
});

const item: MeasuredItem = {
  what: "image",
  name: "/usr/lib/exitrd/exitrd.img",
  pcr: 12,
  digests: digestOf("image").slice(0, 2),
};

test("a record of the event log is systemd's", () => {
  const time = parseEventTime("8f2f9c1e-0d5b-4c4e-9c86-6f2f5a4c0d11\n", "12.34 20.00\n");
  const record = formatEventRecord(item, time);
  expect([record[0], record.at(-1)]).toEqual(["\x1e", "\n"]);
  expect(JSON.parse(record.slice(1))).toEqual({
    pcr: 12,
    digests: item.digests,
    content_type: "systemd",
    content: {
      string: "image:/usr/lib/exitrd/exitrd.img",
      bootId: "8f2f9c1e0d5b4c4e9c866f2f5a4c0d11",
      timestamp: 12_340_000,
      eventType: "exitrd-image",
    },
  });
});

test("a record is ASCII, whatever the name is", () => {
  const time = { bootId: "", microseconds: 0 };
  const record = formatEventRecord({ ...item, name: "/\xff\n\x1e" }, time);
  expect(record).toContain('"image:/\\u00ff\\n\\u001e"');
});

const measurements: readonly (readonly [Measurement, string])[] = [
  [{ kind: "measured", items: [item] }, "measured into PCR 12 (sha1, sha256)"],
  [
    { kind: "measured", items: [item, { ...item, what: "extension", pcr: 13 }] },
    "measured into PCR 12 (sha1, sha256) and PCR 13 (sha1, sha256)",
  ],
  [
    { kind: "measured", items: [{ ...item, unlogged: "Read-only file system" }] },
    "measured into PCR 12 (sha1, sha256), but not in the event log: Read-only file system",
  ],
  ...(
    [
      [{ kind: "off" }, "disabled by Measure=off"],
      [{ kind: "no-tpm" }, "no TPM 2.0"],
      [{ kind: "no-answer" }, "the TPM does not respond"],
      [{ kind: "bad-answer" }, "the TPM returned an invalid response"],
      [{ kind: "refused", code: 0x984 }, "the TPM returned error 0x984"],
      [{ kind: "no-bank", pcr: 12 }, "the TPM has no bank for PCR 12"],
      [{ kind: "system", words: "Permission denied" }, "cannot access the TPM: Permission denied"],
    ] as const
  ).map(([reason, words]) => [{ kind: "unmeasured", reason }, `not measured: ${words}`] as const),
];

test.each(measurements)("%o is kept and described", (measurement, words) => {
  expect(parseMeasurement(stringifyMeasurement(measurement))).toEqual(measurement);
  expect(describeMeasurement(measurement)).toBe(words);
});

test.each(["", "null", "{}", '{"kind":"measured"}', '{"kind":"unmeasured","reason":{"kind":"x"}}'])(
  "'%s' is not a record",
  (text) => {
    expect(parseMeasurement(text)).toBeUndefined();
  },
);
