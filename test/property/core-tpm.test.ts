import fc from "fast-check";
import { expect, test } from "vitest";
import { parseBanks, parseExtended } from "../../src/image/tpm/answer.ts";
import { hashAlgorithms } from "../../src/image/tpm/hash-algorithm.ts";
import type { Measurement } from "../../src/image/tpm/measurement.ts";
import { parseMeasurement, stringifyMeasurement } from "../../src/image/tpm/measurement-text.ts";

const pcr = fc.integer({ min: 0, max: 23 });

/** An answer to TPM2_GetCapability with these banks (Part 3, 30.2). */
function encodeBanks(banks: readonly (readonly [id: number, map: Uint8Array])[]): Uint8Array {
  const body = banks.flatMap(([id, map]) => [id >> 8, id & 255, map.length, ...map]);
  const length = 19 + body.length;
  return Uint8Array.from([
    ...[0x80, 1, 0, 0, length >> 8, length & 255, 0, 0, 0, 0],
    ...[0, 0, 0, 0, 5, 0, 0, 0, banks.length],
    ...body,
  ]);
}

const bank = fc.tuple(fc.integer({ min: 0, max: 0xffff }), fc.uint8Array({ maxLength: 8 }));

test("exactly the banks whose bit is set are returned", () => {
  fc.assert(
    fc.property(fc.array(bank, { maxLength: 16 }), pcr, (banks, wanted) => {
      const isActive = (map: Uint8Array) => (((map[wanted >> 3] ?? 0) >> (wanted & 7)) & 1) === 1;
      const ids = banks.filter(([, map]) => isActive(map)).map(([id]) => id);
      const names = hashAlgorithms.filter(({ id }) => ids.includes(id)).map(({ name }) => name);
      expect(parseBanks(encodeBanks(banks), wanted)).toEqual({ ok: true, value: names });
    }),
  );
});

test("an invalid answer is refused without an exception", () => {
  const answer = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc
      .tuple(fc.array(bank, { maxLength: 20 }), fc.nat(), fc.integer({ min: 0, max: 255 }))
      .map(([banks, at, byte]) => {
        const bytes = encodeBanks(banks);
        bytes[at % bytes.length] = byte;
        return bytes;
      }),
  );
  fc.assert(
    fc.property(answer, pcr, (bytes, wanted) => {
      expect(typeof parseBanks(bytes, wanted).ok).toBe("boolean");
      expect(typeof parseExtended(bytes).ok).toBe("boolean");
    }),
  );
});

test("a record of a measurement is parsed to the same, whatever bytes its name has", () => {
  const byteString = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  });
  fc.assert(
    fc.property(byteString, pcr, byteString, (name, number, unlogged) => {
      const digests = [{ hashAlg: "sha256", digest: "00" }] as const;
      const item = { what: "image", name, pcr: number, digests, unlogged } as const;
      const measurement: Measurement = { kind: "measured", items: [item] };
      const text = stringifyMeasurement(measurement);
      expect(parseMeasurement(text)).toEqual(measurement);
    }),
  );
});
