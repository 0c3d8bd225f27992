import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeLogLines, findLogged } from "../../src/teardown/record/log-lines.ts";
import { makeRecord, stringifyRecord } from "../../src/teardown/record/make-record.ts";
import { parseShutdownRecord } from "../../src/teardown/record/parse-record.ts";
import type { Account, ShutdownRecord } from "../../src/teardown/record/record.ts";
import {
  areOurBlocks,
  BLOCK_SIZE,
  decodeSlot,
  encodeEmptyFile,
  encodeSlot,
  LONGEST_BODY,
  readNonce,
  slotOffset,
} from "../../src/teardown/record/slots.ts";

const SECTOR = 512;

const sha256 = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

const hex = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => Buffer.from(bytes).toString("hex"));
const body = fc.uint8Array({ maxLength: 3 * BLOCK_SIZE, size: "max" });
const contents = fc.record({
  sequence: fc.integer({ min: 0, max: 0xffff_ffff }),
  bootId: hex,
  body,
});
const slot = fc.constantFrom(0, 1);

function overlay(file: Uint8Array, at: number, part: Uint8Array): Uint8Array {
  const copy = file.slice();
  copy.set(part, at);
  return copy;
}

describe("a slot", () => {
  test("is decoded to what was written, and the other one is unchanged", () => {
    fc.assert(
      fc.property(hex, slot, contents, (nonce, number, given) => {
        const blocks = encodeSlot(nonce, number, given, sha256);
        const file = overlay(encodeEmptyFile(nonce), slotOffset(number), blocks);
        expect(readNonce(file)).toBe(nonce);
        expect(decodeSlot(file, number, sha256)).toEqual({ kind: "whole", ...given });
        expect(decodeSlot(file, 1 - number, sha256)).toEqual({ kind: "empty" });
      }),
      { numRuns: 30 },
    );
  });

  test("of which only some sectors were written is the old one, the new one, or torn", () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(
        ...([hex, contents, contents, fc.infiniteStream(fc.boolean())] as const),
        (nonce, before, after, isWritten) => {
          const old = overlay(encodeEmptyFile(nonce), 0, encodeSlot(nonce, 0, before, sha256));
          const blocks = encodeSlot(nonce, 0, after, sha256);
          const torn = old.slice();
          for (let at = 0; at < blocks.length; at += SECTOR) {
            if (isWritten.next().value) torn.set(blocks.subarray(at, at + SECTOR), at);
          }
          // However it is torn, the next record can be written.
          expect(readNonce(torn)).toBe(nonce);
          const found = decodeSlot(torn, 0, sha256);
          kinds.add(found.kind);
          if (found.kind === "whole") expect([before, after]).toContainEqual(omitKind(found));
        },
      ),
      { numRuns: 1000 },
    );
    expect([...kinds].sort()).toEqual(["torn", "whole"]);
  });

  test("with one bit changed is torn, or not part of the file", () => {
    fc.assert(
      fc.property(hex, contents, fc.nat(), (nonce, given, bit) => {
        const blocks = encodeSlot(nonce, 0, given, sha256);
        const used = 32 + 64 + Math.min(given.body.length, BLOCK_SIZE - 96);
        const at = bit % (used * 8);
        const changed = blocks.slice();
        changed[at >> 3] = (changed[at >> 3] ?? 0) ^ (1 << (at & 7));
        const file = overlay(encodeEmptyFile(nonce), 0, changed);
        if (readNonce(file) !== nonce) return;
        expect(decodeSlot(file, 0, sha256).kind).toBe("torn");
      }),
      { numRuns: 1000 },
    );
  });

  test("accepts the longest body, but not a longer one", () => {
    const given = { sequence: 1, bootId: "0".repeat(32), body: new Uint8Array(LONGEST_BODY) };
    const blocks = encodeSlot("1".repeat(32), 1, given, sha256);
    expect(blocks.length).toBe(slotOffset(1));
    const long = { ...given, body: new Uint8Array(LONGEST_BODY + 1) };
    expect(() => encodeSlot("1".repeat(32), 1, long, sha256)).toThrow("a record of");
  });
});

test("blocks of another file or place, and any other bytes, are not ours", () => {
  fc.assert(
    fc.property(hex, hex, fc.uint8Array({ maxLength: 2 * BLOCK_SIZE }), (nonce, other, junk) => {
      const file = encodeEmptyFile(nonce);
      expect(areOurBlocks(file, nonce, 0)).toBe(true);
      expect(areOurBlocks(file, nonce, BLOCK_SIZE)).toBe(false);
      expect(areOurBlocks(file.subarray(0, BLOCK_SIZE - 1), nonce, 0)).toBe(false);
      if (other !== nonce) expect(areOurBlocks(file, other, 0)).toBe(false);
      expect(areOurBlocks(junk, nonce, 0)).toBe(false);
    }),
  );
});

const byteString = fc
  .array(fc.integer({ min: 0, max: 255 }), { maxLength: 300 })
  .map((codes) => String.fromCharCode(...codes));
const ms = fc.nat();
const step = fc.record(
  {
    act: fc.constantFrom("umount", "dm remove"),
    name: byteString,
    what: byteString,
    startMs: ms,
    tookMs: ms,
    failure: byteString,
    isLost: fc.constant<true>(true),
  },
  { requiredKeys: ["act", "name", "what", "startMs", "tookMs"] },
);
const holder = fc.record({
  pid: fc.nat(),
  command: byteString.map((text) => text.slice(0, 15)),
  by: fc.constantFrom("fd" as const, "cwd" as const, "namespace" as const),
  path: byteString,
});
const mount = fc.record({
  name: byteString,
  state: fc.constantFrom("read-only" as const, "shut down" as const, "writable" as const),
  isSynced: fc.boolean(),
  holders: fc.array(holder, { maxLength: 8 }),
  modules: fc.subarray(["nfsd", "target_core_file"]),
  layers: fc.array(byteString, { maxLength: 20 }),
});
const account: fc.Arbitrary<Account> = fc.record({
  steps: fc.array(step, { maxLength: 400 }),
  layers: fc.nat(),
  planned: fc.nat(),
  mounts: fc.array(mount, { maxLength: 40 }),
  left: fc.array(byteString, { maxLength: 300 }),
  survivors: fc.array(byteString, { maxLength: 40 }),
  isPlanned: fc.boolean(),
});
const made = { version: "1", kernel: "6.1", verb: "reboot", tookMs: 5, madeAt: 6 } as const;

describe("a record", () => {
  test.each([LONGEST_BODY, 840])(
    "of any length is shortened to %i bytes, and can be parsed",
    (max) => {
      fc.assert(
        fc.property(account, fc.boolean(), (given, isSynced) => {
          const record = makeRecord(made, given, isSynced);
          const text = stringifyRecord(record, max);
          expect(text?.length).toBeLessThanOrEqual(max);
          const read = parseShutdownRecord(text ?? "");
          expect(read.verdict).toBe(record.verdict);
          if (read.omitted === 0 && max === LONGEST_BODY) {
            expect(read.steps.length).toBe(record.steps.length);
          }
        }),
        { numRuns: 60 },
      );
    },
  );

  test("that may be forged is parsed completely, or refused by an Error", () => {
    const small: ShutdownRecord = makeRecord(
      made,
      {
        ...{ layers: 1, planned: 1, left: ["x"], survivors: [], isPlanned: true },
        steps: [{ act: "umount", name: "/", what: "ext4", startMs: 0, tookMs: 1 }],
        mounts: [],
      },
      true,
    );
    let refused = 0;
    const paths = ["steps", "left", "verdict", "verb", "format", "tookMs", "mounts", "isSynced"];
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (key, value) => {
        try {
          const read = parseShutdownRecord(JSON.stringify({ ...small, [key]: value }));
          expect(Object.keys(read).sort()).toEqual(Object.keys(small).sort());
        } catch (thrown) {
          if (!(thrown instanceof Error) || thrown.name === "AssertionError") throw thrown;
          refused += 1;
        }
      }),
      { numRuns: 1000 },
    );
    expect(refused).toBeGreaterThan(500);
  });
});

function omitKind<T extends { readonly kind: string }>({ kind: _, ...rest }: T) {
  return rest;
}

describe("the lines of the kernel log", () => {
  const names = fc.array(fc.string({ unit: "binary", maxLength: 60 }).map(toBytesOnly), {
    maxLength: 100,
  });

  test("are whole, in any order, or are recognized as incomplete", () => {
    const kinds = new Set<string | undefined>();
    fc.assert(
      fc.property(hex, names, fc.infiniteStream(fc.integer()), (bootId, left, order) => {
        const account: Account = {
          ...{ steps: [], layers: 0, planned: 0, mounts: [], left, survivors: [] },
          isPlanned: true,
        };
        const made = { version: "1", kernel: "6", verb: "halt", tookMs: 1, madeAt: 2 } as const;
        const lines = encodeLogLines(makeRecord(made, account, true), bootId, sha256) ?? [];
        expect(lines.length).toBeGreaterThan(0);
        const dumped = lines.map((line) => ({
          line: `<31>[    1.000000] ${line}`,
          rank: order.next().value ?? 0,
        }));
        // About one line in twenty is missing.
        const found = dumped.filter(({ rank }) => rank % 20 !== 0).sort((a, b) => a.rank - b.rank);
        const [one] = findLogged([found.map(({ line }) => line).join("\n")], sha256);
        kinds.add(one?.kind);
        if (found.length === 0) expect(one).toBeUndefined();
        else expect(one?.kind).toBe(found.length === lines.length ? "whole" : "cut");
        if (one?.kind !== "whole") return;
        const read = parseShutdownRecord(Buffer.from(one.body).toString("latin1"));
        if (read.omitted === 0 && left.every((name) => name.length <= 24)) {
          expect(read.left).toEqual(left);
        }
      }),
      { numRuns: 300 },
    );
    expect([...kinds]).toEqual(expect.arrayContaining(["whole", "cut"]));
  });
});

function toBytesOnly(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
