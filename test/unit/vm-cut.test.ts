import { expect, test } from "vitest";
import { judgeCut } from "../vm/cut/run-cut.ts";
import { chooseMoments, listSurvivors, readWriteLog } from "../vm/cut/write-log.ts";
import { readBuffer } from "../vm/inspect/block-reader.ts";

const FLUSH = 1n;
const FUA = 2n;
const DISCARD = 4n;

/** A log in QEMU's format: a sector for each header, followed by the data. */
function formatLog(entries: readonly (readonly [at: bigint, sectors: bigint, flags: bigint])[]) {
  const head = Buffer.alloc(512);
  head.writeBigUInt64LE(0x6a736677736872n, 0);
  head.writeBigUInt64LE(1n, 8);
  head.writeBigUInt64LE(BigInt(entries.length), 16);
  head.writeUInt32LE(512, 24);
  const rest = entries.flatMap(([at, sectors, flags], index) => {
    const entry = Buffer.alloc(512);
    entry.writeBigUInt64LE(at, 0);
    entry.writeBigUInt64LE(sectors, 8);
    entry.writeBigUInt64LE(flags, 16);
    return flags === DISCARD ? [entry] : [entry, Buffer.alloc(Number(sectors) * 512, index)];
  });
  return readBuffer(Buffer.concat([head, ...rest]));
}

const log = formatLog([
  [8n, 2n, 0n],
  [16n, 4n, DISCARD],
  [0n, 0n, FLUSH],
  [24n, 1n, 0n],
  [32n, 1n, FUA],
  [40n, 1n, 0n],
]);

test("a log of writes is parsed with the offset of each write's data", () => {
  const writes = readWriteLog(log);
  expect(writes.map(({ offset, length, dataAt }) => [offset, length, dataAt])).toEqual([
    [4096, 1024, 1024],
    [8192, 2048, 2560],
    [0, 0, 3072],
    [12288, 512, 3584],
    [16384, 512, 4608],
    [20480, 512, 5632],
  ]);
  expect(log.read(writes[4]?.dataAt ?? 0, 1)[0]).toBe(4);
  expect(() => readWriteLog(readBuffer(Buffer.alloc(512)))).toThrow("no log of writes");
});

test("a disk keeps flushed writes, and a random part of the others", () => {
  const writes = readWriteLog(log);
  const offsets = (count: number, keeps: (index: number) => boolean) =>
    listSurvivors(writes, count, keeps).map(({ offset }) => offset);
  expect(offsets(6, () => false)).toEqual([4096, 8192, 0, 16384]);
  expect(offsets(6, (index) => index === 5)).toEqual([4096, 8192, 0, 16384, 20480]);
  expect(offsets(2, () => false)).toEqual([]);
});

test("the moments of power cuts are spread over the teardown, and the last is its end", () => {
  expect(chooseMoments(100, 150, 10)).toEqual([105, 110, 115, 120, 125, 130, 135, 140, 145, 150]);
});

test("each lost write is one sentence, and so is a control that lost none", () => {
  const console = [{ at: 1, text: "exitrd: 9 layers released in 1 s, nothing left; poweroff" }];
  const run = { ending: "poweroff", seconds: 1, console, output: "", folder: "" } as const;
  const names = Array.from({ length: 11 }, (_, index) => `cut${String(index).padStart(2, "0")}`);
  const good = ["writecache", "cache", "bcache"].flatMap((cache) =>
    names.map((name) => `good ${cache} ${name}`),
  );
  const judge = (output: readonly string[], writes = 40) =>
    judgeCut({
      zoo: run,
      inspector: { ...run, output: output.join("\n") },
      writes,
      writesBefore: 9,
    });
  const withControl = good.filter((line) => line !== "good bcache cut10");
  expect(judge(withControl)).toEqual([]);
  expect(judge(good)).toEqual(["a disk from before the data was written has it"]);
  const lost = withControl.map((line) =>
    line === "good cache cut03" ? "bad cache cut03: file 7 is not what was acknowledged" : line,
  );
  expect(judge(lost, 4)).toEqual([
    "only 4 requests during the teardown",
    "cache, cut at moment 4: file 7 is not what was acknowledged",
  ]);
});
