import fc from "fast-check";
import { expect, test } from "vitest";
import { parseOsRelease } from "../../src/image/extension/os-release.ts";
import { decodeDmDeps, decodeDmDeviceList, decodeDmTargets } from "../../src/kinds/dm/answers.ts";
import { queuesWithoutPath } from "../../src/kinds/dm/multipath.ts";
import { DM_HEADER_SIZE } from "../../src/kinds/dm/protocol.ts";
import { decodeDrbdResource, encodeDrbdDown } from "../../src/kinds/drbd/protocol.ts";
import { decodeBitmapFile, isMdmonOf, readMdContainer } from "../../src/kinds/md/protocol.ts";
import { parseMountinfo } from "../../src/kinds/mount/mountinfo.ts";
import { parseNfsServers } from "../../src/kinds/nfs/servers.ts";
import {
  decodeIscsiAnswer,
  encodeIscsiRequest,
  ISCSI_UEVENT_SEND_PDU,
  parseIscsiConnection,
} from "../../src/kinds/session/iscsi.ts";
import { parseSwaps } from "../../src/kinds/swap/proc-swaps.ts";
import {
  decodeLabelPool,
  encodePoolExport,
  POOL_LABEL_SIZE,
  readPoolOfDataset,
} from "../../src/kinds/zpool/protocol.ts";
import { parseKernelCommandLine } from "../../src/teardown/parse/cmdline.ts";
import { parseInvocation } from "../../src/teardown/parse/invocation.ts";
import { parseMemAvailable } from "../../src/teardown/parse/meminfo.ts";
import { parseProcStat } from "../../src/teardown/parse/proc-stat.ts";
import { parseProcessArgv } from "../../src/teardown/parse/process-argv.ts";
import { parseSlabCount } from "../../src/teardown/parse/slab.ts";
import { parseSnapshot, stringifySnapshot } from "../../src/teardown/snapshot/snapshot-text.ts";
import { unescapeOctal } from "../../src/text/escapes.ts";
import { decodeFamilyAnswer, encodeFamilyRequest } from "../../src/text/genetlink.ts";
import { parseTimeSpan } from "../../src/text/time-span.ts";
import { splitWords } from "../../src/text/words.ts";
import { makeSnapshot } from "../unit/core-builders.ts";
import { stack } from "./core-generators.ts";
import { mutated, mutatedBytes } from "./mutations.ts";

/** Every parser that never throws, with a text that it accepts. */
const textParsers: readonly (readonly [string, (text: string) => unknown, string])[] = [
  [
    "mountinfo",
    parseMountinfo,
    "36 35 98:0 /a\\040b /mnt rw,noatime shared:1 - ext4 /dev/sda1 rw,data=ordered\n",
  ],
  ["NFS servers", parseNfsServers, "NV SERVER PORT USE HOSTNAME\nv4 0a000201 801 2 nas\n"],
  ["swaps", parseSwaps, "Filename Type Size Used Priority\n/swap\\040file file\t8\t4\t-2\n"],
  ["kernel command line", parseKernelCommandLine, 'root=/dev/sda1 "a b"=c x="y z" quiet'],
  ["proc stat", parseProcStat, "7 (a (b) c) D 1 7 7 0 -1 4194560 0\n"],
  ["argv", parseProcessArgv, "@mdmon\0--foreground\0md127\0"],
  ["os-release", parseOsRelease, 'NAME="De\\"bian"\nID=debian\n# no\nVERSION=\'12 (x)\'\n'],
  ["time span", parseTimeSpan, "1h 30min 5.5s 7us"],
  ["slab", parseSlabCount, "186 N0=100 N1=86\n"],
  ["meminfo", parseMemAvailable, "MemTotal: 1 kB\nMemAvailable:  993 kB\n"],
  ["multipath table", queuesWithoutPath, "1 queue_if_no_path 0 1 1 round-robin 0 1 1 8:16 1000"],
  ["words", splitWords, " a\t b  c "],
  ["octal escapes", unescapeOctal, "a\\040b\\134\\777\\01"],
  ["md metadata version", readMdContainer, "external:/md127/0"],
  ["iSCSI connection", parseIscsiConnection, "connection1:0"],
  ["dataset", readPoolOfDataset, "tank/home@monday"],
  [
    "invocation",
    (text) => parseInvocation(text.split(" "), () => text),
    "/shutdown poweroff --timeout=90s --log-level=6",
  ],
];

/** The size of a result as JSON. */
function sizeOf(result: unknown): number {
  return JSON.stringify(result)?.length ?? 0;
}

test.each(textParsers)(
  "the parser of %s never throws, and its result is not much larger than its text",
  (_, parse, valid) => {
    fc.assert(
      fc.property(mutated([valid]), (text) => {
        // The rest is names of fields, and escapes in JSON.
        expect(sizeOf(parse(text))).toBeLessThan(2_000 + 60 * text.length);
      }),
      { numRuns: 300 },
    );
  },
);

test.each(textParsers)("the parser of %s is fast for a long text", (_, parse, valid) => {
  const LENGTH = 200_000;
  const part = fc.oneof(
    mutated([valid]),
    fc.string({ unit: fc.constantFrom(..." \t\n\\\"'=:/(),-[]@0a."), maxLength: 4 }),
  );
  fc.assert(
    fc.property(part, fc.boolean(), (text, isEnded) => {
      const long = text.repeat(Math.ceil(LENGTH / Math.max(1, text.length))).slice(0, LENGTH);
      const start = performance.now();
      parse(isEnded ? `${long}\n` : valid + long);
      // A hundred times as long as necessary; a quadratic parser would take minutes.
      expect(performance.now() - start).toBeLessThan(3_000);
    }),
    { numRuns: 20 },
  );
});

const name = fc.string({ unit: fc.constantFrom(..."ab-\xff"), minLength: 1, maxLength: 20 });

test("no argv makes the parser of mdmon throw", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.string(), (argv, container) => {
      expect(typeof isMdmonOf(argv, container)).toBe("boolean");
    }),
  );
});

test("a DRBD resource with any name is decoded, and no answer makes the decoder throw", () => {
  fc.assert(
    fc.property(name, fc.nat({ max: 65535 }), (resource, family) => {
      // The request has the same attributes as the kernel's answer.
      expect(decodeDrbdResource(encodeDrbdDown(family === 2 ? 3 : family, resource))).toBe(
        resource,
      );
    }),
  );
  fc.assert(
    fc.property(
      mutatedBytes([encodeDrbdDown(30, "zoo"), encodeFamilyRequest("drbd")]),
      (answer) => {
        expect(decodeDrbdResource(answer)?.length ?? 0).toBeLessThanOrEqual(answer.length);
        expect(decodeFamilyAnswer(answer) ?? 0).toBeLessThan(65536);
      },
    ),
    { numRuns: 2000 },
  );
});

test("any iSCSI message is classified, and any transport yields a request or none", () => {
  const connection = { session: 1, connection: 0 };
  const valid = encodeIscsiRequest(ISCSI_UEVENT_SEND_PDU, connection, "18446744072106246208\n");
  fc.assert(
    fc.property(mutatedBytes([valid]), (answer) => {
      expect(["reply", "logged-out", "other"]).toContain(decodeIscsiAnswer(answer).kind);
    }),
    { numRuns: 1000 },
  );
  fc.assert(
    fc.property(mutated(["18446744072106246208\n"]), (transport) => {
      const request = encodeIscsiRequest(ISCSI_UEVENT_SEND_PDU, connection, transport);
      expect(request.length).toBe(valid.length);
    }),
  );
});

test("a bitmap's path ends at the end of its buffer at the latest", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => {
      const path = decodeBitmapFile(Uint8Array.from(bytes).buffer);
      expect(path.length).toBeLessThanOrEqual(Math.min(4096, bytes.length));
    }),
  );
});

test("a decoded answer of the device-mapper is not much larger than the answer", () => {
  const answer = mutatedBytes([
    makeDmAnswer(8000, (at) => at - 12),
    makeDmAnswer(8000, () => 12),
    makeDmAnswer(20, () => 0),
  ]);
  fc.assert(
    fc.property(answer, (bytes) => {
      const { buffer } = padded(bytes);
      const most = 20_000 + 60 * buffer.byteLength;
      expect(sizeOf(decodeDmTargets(buffer))).toBeLessThan(most);
      expect(sizeOf(decodeDmDeps(buffer))).toBeLessThan(most);
      expect(sizeOf(decodeDmDeviceList(buffer))).toBeLessThan(most);
    }),
    { numRuns: 500 },
  );
});

/** A header, then `length` bytes without a NUL; the next record may be at every fourth. */
function makeDmAnswer(length: number, next: (at: number) => number): Uint8Array {
  const bytes = new Uint8Array(DM_HEADER_SIZE + length);
  bytes.fill(0x41, DM_HEADER_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(12, bytes.length, true);
  view.setUint32(16, DM_HEADER_SIZE, true);
  view.setUint32(20, 0xffff_ffff, true);
  for (let at = 0; at + 4 <= length; at += 4) {
    if (next(at) > 0) view.setUint32(DM_HEADER_SIZE + at, next(at), true);
  }
  return bytes;
}

/** An answer is at least as long as its header. */
function padded(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(Math.max(DM_HEADER_SIZE, bytes.length));
  whole.set(bytes);
  return whole;
}

test("a label has a pool name of 256 bytes at most, whatever it contains", () => {
  const label = new Uint8Array(POOL_LABEL_SIZE);
  label[16384] = 1;
  const pair = [0, 0, 0, 36, 0, 0, 0, 36, 0, 0, 0, 4, ...Buffer.from("name"), 0, 0, 0, 9];
  label.set([...pair, 0, 0, 0, 1, 0, 0, 0, 4, ...Buffer.from("tank")], 16384 + 12);
  expect(decodeLabelPool(label)).toBe("tank");
  const edit = fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 255 }));
  fc.assert(
    fc.property(
      fc.array(edit, { maxLength: 6 }),
      fc.nat({ max: POOL_LABEL_SIZE }),
      (edits, cut) => {
        const wrong = label.slice(0, cut % 10 === 0 ? cut : POOL_LABEL_SIZE);
        for (const [at, byte] of edits) if (16384 + at < wrong.length) wrong[16384 + at] = byte;
        expect(decodeLabelPool(wrong)?.length ?? 0).toBeLessThanOrEqual(256);
      },
    ),
    { numRuns: 500 },
  );
});

test("a request to export a pool contains its name, or is refused", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 5000 }), fc.boolean(), (pool, hardForce) => {
      const isRefused = pool.length >= 4096;
      if (isRefused) expect(() => encodePoolExport(pool, hardForce)).toThrow("longer than");
      else expect(encodePoolExport(pool, hardForce).byteLength).toBe(16384);
    }),
    { numRuns: 50 },
  );
});

test("an edited snapshot is parsed, or rejected with a reason", () => {
  const empty = stringifySnapshot(makeSnapshot([], []));
  const edited = stack.chain((snapshot) => mutated([stringifySnapshot(snapshot), empty]));
  fc.assert(
    fc.property(edited, (text) => {
      let snapshot: unknown;
      try {
        snapshot = parseSnapshot(text);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(Error);
        expect(thrown).not.toBeInstanceOf(TypeError);
        expect((thrown as Error).message.length).toBeLessThan(500);
        return;
      }
      expect(sizeOf(snapshot)).toBeLessThan(200 + 6 * text.length);
    }),
    { numRuns: 2000 },
  );
});
