import { expect, test } from "vitest";
import { listCrashes } from "../../src/record/import-record.ts";
import { judgeEnding } from "../../src/record/judge-ending.ts";
import { renderReport } from "../../src/record/render-text.ts";
import type { Mark } from "../../src/record/report.ts";
import { toByteString } from "../../src/text/bytes.ts";
import { FakeMachine } from "../fake/fake-machine.ts";
import { sysError } from "../fake/sys-error.ts";

/** The dumps of a machine with these files. */
function list(files: Readonly<Record<string, string>>) {
  const machine = new FakeMachine({ mounts: [] });
  const paths = Object.keys(files);
  machine.readDir = (dir) => {
    const below = paths.filter((path) => path.startsWith(`${dir}/`));
    if (below.length === 0) throw sysError("open", "ENOTDIR");
    return [...new Set(below.map((path) => path.slice(dir.length + 1).split("/")[0] ?? ""))];
  };
  machine.readText = (path) => files[path] ?? "";
  return listCrashes(machine, { sha256: toByteString });
}

const pstore = "/sys/fs/pstore";
const moved = "/var/lib/systemd/pstore";

test("only dumps are crashes, and not those of an ordinary shutdown", () => {
  const { crashes, unreadable } = list({
    [`${pstore}/console-ramoops-0`]: "[    0.000000] Linux version 6.12\n",
    [`${pstore}/pmsg-ramoops-0`]: "x",
    [`${pstore}/dmesg-ramoops-0`]: "Panic#2 Part1\n<6>[    0.1] x\n",
    [`${pstore}/dmesg-ramoops-1`]: "Shutdown#3 Part1\n",
    [`${pstore}/dmesg-ramoops-2`]: "Poweroff#1 Part1\n",
    [`${pstore}/dmesg-ramoops-3`]: "Restart#1 Part1\n",
    [`${pstore}/dmesg-ramoops-4`]: "Halt#1 Part1\n",
    [`${moved}/console-ramoops-0`]: "[    0.000000] Linux version 6.12\n",
  });
  expect(crashes).toEqual([`${pstore}/dmesg-ramoops-0`]);
  expect(unreadable).toEqual([]);
});

test("a dump that cannot be decoded is of no known kind", () => {
  const { crashes, unreadable } = list({
    [`${pstore}/dmesg-efi-176400000001001.enc.z`]: "\x78\x9c\x03\x00Panic#1 Part1\n",
    [`${pstore}/dmesg-erst-1`]: "",
    [`${pstore}/dmesg-erst-2`]: "ic#1 Part1\n<0>[  9.1] x\n",
    [`${pstore}/dmesg-erst-3`]: "Hang#1 Part1\n<0>[  9.1] x\n",
    [`${moved}/1764000000/001/dmesg-efi-176400000001001.enc.z`]: "\x28\xb5\x2f\xfd",
    [`${moved}/1764000000/001/dmesg.txt`]: "",
  });
  // A later kernel may have a new kind of crash.
  expect(crashes).toEqual([`${pstore}/dmesg-erst-3`]);
  expect(unreadable).toEqual([
    `${pstore}/dmesg-efi-176400000001001.enc.z`,
    `${pstore}/dmesg-erst-1`,
    `${pstore}/dmesg-erst-2`,
    `${moved}/1764000000/001/dmesg-efi-176400000001001.enc.z`,
  ]);
});

test("systemd-pstore's folders are looked into, and a dump that it has joined is one", () => {
  const { crashes } = list({
    [`${moved}/1764000000/001/dmesg-efi-176400000001001`]: "Panic#1 Part1\n",
    [`${moved}/1764000000/001/dmesg-efi-176400000002001`]: "Panic#1 Part2\n",
    [`${moved}/1764000000/001/dmesg.txt`]: "<0>[  9.1] Kernel panic\n",
    [`${moved}/1764000001/001/dmesg-efi-176400000101001`]: "Shutdown#1 Part1\n",
    [`${moved}/1764000001/001/dmesg.txt`]: "<6>[  9.1] reboot: Power down\n",
    [`${moved}/70000/dmesg-erst-7000000000001`]: "Oops#1 Part1\n",
    [`${moved}/dmesg-ramoops-0`]: "Panic#1 Part1\n",
    [`${moved}/dmesg.txt`]: "dmesg-ramoops-1:\n",
    [`${moved}/empty/x`]: "",
  });
  expect(crashes).toEqual([
    `${moved}/1764000000/001/dmesg.txt`,
    `${moved}/70000/dmesg-erst-7000000000001`,
    `${moved}/dmesg-ramoops-0`,
  ]);
});

test("a dump of the same name is a new crash if it has other contents", () => {
  const path = `${moved}/dmesg-ramoops-0`;
  const first = list({ [path]: "Panic#1 Part1\n<0>[  9.1] x\n" });
  const second = list({ [path]: "Panic#1 Part1\n<0>[ 72.5] y\n" });
  const mark: Mark = {
    ...{ format: 1, bootId: "a".repeat(32), startedAt: 1, version: "1", place: "", drives: [] },
    ...first,
  };
  const { crashDigests: _, ...old } = mark;
  const judge = (left: Mark, dumps: typeof first) => {
    const evidence = { record: undefined, isUnwritten: false, isTorn: false, drives: [], ...dumps };
    return judgeEnding(left, { ...evidence, isWatchdogReset: false }, 9);
  };
  expect(judge(mark, second)).toMatchObject({ ending: "crashed", crashes: [path] });
  expect(judge(mark, first)).toMatchObject({ ending: "power-lost", crashes: [] });
  // A mark of an earlier version has the names only.
  expect(judge(old, second)).toMatchObject({ ending: "power-lost", crashes: [] });
});

test("an oops does not end a boot that was shut down later, but is listed", () => {
  const path = `${pstore}/dmesg-erst-1`;
  const panic = `${pstore}/dmesg-erst-2`;
  const mark: Mark = {
    ...{ format: 1, bootId: "a".repeat(32), startedAt: 1, version: "1", place: "", drives: [] },
    crashes: [],
  };
  const stopped: Mark = { ...mark, stoppedAt: 2, isLoaded: true };
  const judge = (left: Mark, files: Readonly<Record<string, string>>) => {
    const evidence = { record: undefined, isUnwritten: false, isTorn: false, drives: [] };
    return judgeEnding(left, { ...evidence, ...list(files), isWatchdogReset: false }, 9);
  };
  const oops = { [path]: "Oops#1 Part1\n<4>[  9.1] x\n" };
  const report = judge(stopped, oops);
  expect(report).toMatchObject({ ending: "unrecorded", crashes: [path] });
  expect(renderReport(report)).toContain(`  the kernel left the dump '${path}'`);
  expect(judge(mark, oops)).toMatchObject({ ending: "crashed", crashes: [path] });
  // With panic_on_oops, there are both.
  const both = { ...oops, [panic]: "Panic#2 Part1\n" };
  expect(judge(stopped, both)).toMatchObject({ ending: "crashed", crashes: [path, panic] });
});

test("a joined dump is compared by its parts", () => {
  const folder = `${moved}/1764000000/001`;
  const { crashes, crashDigests } = list({
    [`${folder}/dmesg-efi-1`]: "Panic#1 Part1\n",
    [`${folder}/dmesg.txt`]: "<0>[  9.1] Kernel panic\n",
  });
  expect([crashes, crashDigests]).toEqual([[`${folder}/dmesg.txt`], ["Panic#1 Part1\n"]]);
});
