import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type KeepPorts, keepRecord } from "../../src/execute/record/keep-record.ts";
import { ALWAYS_DUMP_PATH } from "../../src/observe/read-pstore.ts";
import { findLogged } from "../../src/teardown/record/log-lines.ts";
import { makeRecord } from "../../src/teardown/record/make-record.ts";
import { parseShutdownRecord } from "../../src/teardown/record/parse-record.ts";
import type { Account } from "../../src/teardown/record/record.ts";
import { decodeContents, encodeEmptyFile } from "../../src/teardown/record/slots.ts";
import { toByteString } from "../../src/text/bytes.ts";
import { DEFAULT_STORES, type RecordStore } from "../../src/text/policies.ts";
import { FakeMachine } from "../fake/fake-machine.ts";
import { Crash, FakeTasks, Hang } from "../fake/fake-tasks.ts";
import { makeConsole } from "../fake/make-console.ts";
import { sysError } from "../fake/sys-error.ts";

const nonce = "0123456789abcdef0123456789abcdef";
const sha256 = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

const account: Account = {
  ...{ steps: [], layers: 0, planned: 0, mounts: [], left: [], survivors: [], isPlanned: true },
};
const made = { version: "1", kernel: "6.1", verb: "reboot", tookMs: 5, madeAt: 6 } as const;
const clean = makeRecord(made, account, true);
const left = Array.from({ length: 300 }, (_, i) => `/oldroot/${"x".repeat(i)}`);
const failed = makeRecord(made, { ...account, left }, false);

interface Given {
  readonly stores?: readonly RecordStore[];
  readonly place?: string | undefined;
  readonly failure?: () => never;
  readonly hasFirmware?: boolean;
  /** /run was swapped out to a disk that does not answer. */
  readonly isSwappedOut?: boolean;
  /** The most bytes that one read returns. */
  readonly longestRead?: number;
  /** What the BMC does with a request. */
  readonly bmc?: () => Uint8Array | undefined;
  /** The backend of pstore. */
  readonly pstore?: string;
  readonly maxReason?: string;
  /** Messages of programs reach the kernel log. */
  readonly devkmsg?: string;
  /** The kernel refuses to dump its log. */
  readonly neverDumps?: boolean;
}

const place = JSON.stringify({
  ...{ partition: "sda1", dev: "8:1", start: 2048, size: 8192, diskSequence: "7" },
  ...{ offset: 4096, nonce, slot: 0, sequence: 5 },
});

function keep(record: typeof clean, given: Given) {
  const machine = new FakeMachine({ mounts: [] });
  const files: Readonly<Record<string, string | undefined>> = {
    "/run/exitrd/record.json": "place" in given ? given.place : place,
    "/proc/sys/kernel/random/boot_id": "01234567-89ab-cdef-0123-456789abcdef\n",
    "/proc/self/mountinfo": "",
    "/sys/class/block/sda1/dev": "8:1",
    "/sys/class/block/sda1/start": "2048",
    "/sys/class/block/sda1/size": "8192",
    "/sys/class/block/sda1/ro": "0",
    "/sys/class/block/sda1/../diskseq": "7",
    "/sys/module/pstore/parameters/backend": `${given.pstore ?? "(null)"}\n`,
    "/sys/module/ramoops/parameters/max_reason": given.maxReason,
    "/proc/sys/kernel/printk_devkmsg": `${given.devkmsg ?? "on"}\n`,
  };
  const log: string[] = [];
  let dumps = "N";
  machine.readText = (path) => {
    if (given.isSwappedOut && path.startsWith("/run/")) throw new Hang();
    if (path === ALWAYS_DUMP_PATH) return `${dumps}\n`;
    return files[path] ?? failToOpen();
  };
  machine.readDir = (path) =>
    path === "/sys/firmware/efi" && given.hasFirmware ? ["efivars"] : failToOpen();
  machine.stat = () => ({
    dev: "0:5",
    rdev: "8:1",
    mountId: 0,
    uid: 0,
    isBlock: true,
    isProgram: false,
  });
  const disk = new Uint8Array(1 << 17);
  disk.set(encodeEmptyFile(nonce), 4096);
  const variables: Uint8Array[] = [];
  const requests: (readonly number[])[] = [];
  const tasks = new FakeTasks();
  const ports: KeepPorts = {
    ...{ reader: machine, tasks, clock: tasks.clock, onTick() {}, digests: { sha256 } },
    rawDevices: {
      withDevice: (_path, _how, use) => {
        given.failure?.();
        return use({
          read: (offset, length) =>
            disk.slice(offset, offset + Math.min(length, given.longestRead ?? length)),
          write: (offset, data) => disk.set(data, offset),
        });
      },
    },
    kernel: {
      write: (path, text) => {
        if (path === "/dev/kmsg") log.push(text);
        else if (path === ALWAYS_DUMP_PATH && !given.neverDumps) dumps = text;
      },
    },
    variables: { writeVariable: (_, data) => void variables.push(data) },
    managementController: {
      request: (netFn, command, data) => {
        // The order of the two matters: what is written last may not be written at all.
        lines.push("asked the BMC");
        requests.push([netFn, command, ...data]);
        return (given.bmc ?? failToOpen)();
      },
    },
  };
  const lines: string[] = [];
  const say = (line: string): void => void lines.push(line);
  keepRecord(record, given.stores ?? DEFAULT_STORES, (ms) => ms, ports, makeConsole(say));
  const isWritten = disk[4096 + 32] !== 0;
  return { lines, variables, isWritten, ...(requests.length > 0 ? { requests } : {}), log, dumps };
}

function failToOpen(): never {
  throw sysError("open", "ENOENT");
}

describe("the record", () => {
  test("is written to its place, and then not to the firmware", () => {
    expect(keep(failed, { hasFirmware: true, pstore: "erst" })).toEqual({
      lines: ["exitrd: shutdown failed, recorded on 'sda1'"],
      variables: [],
      isWritten: true,
      ...{ log: [], dumps: "N" },
    });
  });

  test("of a clean shutdown is never written to the firmware", () => {
    const nowhere = { lines: [], variables: [], isWritten: false, log: [], dumps: "N" };
    expect(keep(clean, { place: undefined, hasFirmware: true })).toEqual(nowhere);
    const failure = (): never => {
      throw sysError("open", "EBUSY");
    };
    expect(keep(clean, { failure, hasFirmware: true })).toMatchObject({ variables: [] });
  });

  test("of an unclean shutdown is written there if no place takes it, in 900 bytes at most", () => {
    const { lines, variables } = keep(failed, { place: undefined, hasFirmware: true });
    expect(lines).toEqual(["exitrd: shutdown failed, recorded on 'the firmware'"]);
    const [data = new Uint8Array()] = variables;
    expect(data.length).toBeLessThanOrEqual(900);
    expect([...data.subarray(0, 4)]).toEqual([7, 0, 0, 0]);
    const found = decodeContents(data.subarray(4), sha256);
    expect(found).toMatchObject({ kind: "whole", bootId: nonce });
    if (found.kind !== "whole") return;
    expect(parseShutdownRecord(toByteString(found.body))).toMatchObject({ verdict: "failed" });
    expect(keep(failed, { place: undefined }).variables).toEqual([]);
  });

  test.each<[string, readonly RecordStore[]]>([
    ["off", []],
    ["efivar only", ["efivar"]],
  ])("is not written if Record= is %s", (_, stores) => {
    expect(keep(failed, { stores, pstore: "erst" })).toEqual({
      ...{ lines: [], variables: [], isWritten: false, log: [], dumps: "N" },
    });
  });

  test("does not block PID 1 if its place cannot be read", () => {
    expect(keep(clean, { isSwappedOut: true })).toMatchObject({ lines: [], isWritten: false });
    const { lines } = keep(failed, { isSwappedOut: true, hasFirmware: true });
    expect(lines).toEqual(["exitrd: shutdown failed, recorded on 'the firmware'"]);
  });

  test("overwrites no block that was not read", () => {
    const { lines, isWritten } = keep(failed, { longestRead: 4096 });
    expect(lines).toEqual([expect.stringMatching(/'sda1': the place was overwritten, ignoring$/)]);
    expect(isWritten).toBe(false);
  });

  test.each<[string, () => never, RegExp]>([
    [
      "hangs",
      () => {
        throw new Hang();
      },
      /'sda1': no answer within 1000 ms, ignoring$/,
    ],
    [
      "makes the child crash",
      () => {
        throw new Crash();
      },
      /'sda1': the child process failed, ignoring$/,
    ],
    [
      "fails",
      () => {
        throw sysError("pread", "EIO");
      },
      /'sda1': .*, ignoring$/,
    ],
    [
      "is in use",
      () => {
        throw sysError("open", "EBUSY");
      },
      /'sda1': it is still in use, ignoring$/,
    ],
  ])("costs one line if the device %s", (_, failure, line) => {
    const { lines } = keep(clean, { failure });
    expect(lines).toEqual([expect.stringMatching(line)]);
  });
});

describe("the entry in the event log of the BMC", () => {
  const asked = (verdict: number): readonly number[] => [
    ...[0x0a, 0x44, 0, 0, 0x02, 0, 0, 0, 0, 0x41, 0, 0x04, 0x20, 0, 0x6f],
    ...[verdict === 1 ? 0xa3 : 0xa2, verdict, 1],
  ];
  const accept = (): Uint8Array => Uint8Array.of(0, 1, 0);

  test("is added only if it was asked for", () => {
    expect(keep(clean, { bmc: accept }).requests).toBeUndefined();
  });

  test("is added after the record was kept", () => {
    expect(keep(clean, { stores: ["boot", "ipmi"], bmc: accept })).toEqual({
      lines: [
        "exitrd: shutdown clean, recorded on 'sda1'",
        "asked the BMC",
        "exitrd: shutdown clean, recorded on 'the BMC'",
      ],
      ...{ variables: [], isWritten: true, requests: [asked(1)], log: [], dumps: "N" },
    });
  });

  test("is added although the record was not kept", () => {
    const failure = (): never => {
      throw new Hang();
    };
    const { lines, requests } = keep(failed, { stores: ["boot", "ipmi"], failure, bmc: accept });
    expect(lines.at(-1)).toBe("exitrd: shutdown failed, recorded on 'the BMC'");
    expect(requests).toEqual([asked(3)]);
  });

  test("writes nothing to a disk", () => {
    const { isWritten, variables } = keep(failed, {
      stores: ["ipmi"],
      hasFirmware: true,
      bmc: accept,
    });
    expect({ isWritten, variables }).toEqual({ isWritten: false, variables: [] });
  });

  test.each<[string, () => Uint8Array | undefined, string]>([
    ["has no driver", failToOpen, "/dev/ipmi0 does not exist: load ipmi_devintf"],
    ["does not answer", () => undefined, "no answer within 1000 ms"],
    [
      "hangs",
      () => {
        throw new Hang();
      },
      "no answer within 1000 ms",
    ],
    ["sends nothing", () => new Uint8Array(), "no answer within 1000 ms"],
    ["has no room", () => Uint8Array.of(0xc4), "its event log is full: run 'ipmitool sel clear'"],
    ["is erasing its log", () => Uint8Array.of(0x81), "its event log is being erased"],
    ["does not know the command", () => Uint8Array.of(0xc1), "it returned completion code 0xc1"],
  ])("costs one line if the BMC %s", (_, bmc, words) => {
    const { lines } = keep(clean, { stores: ["ipmi"], bmc });
    expect(lines).toEqual([
      "asked the BMC",
      `exitrd: cannot keep the record on 'the BMC': ${words}, ignoring`,
    ]);
  });
});

describe("the record in the kernel log", () => {
  const nowhere = { place: undefined } as const;

  test.each([
    ["erst", undefined],
    ["ramoops", "0"],
    ["ramoops", "4"],
  ])("is logged if no place takes it, and dumped by %s", (pstore, maxReason) => {
    const given = { ...nowhere, pstore, ...(maxReason === undefined ? {} : { maxReason }) };
    const { lines, log, dumps } = keep(clean, given);
    expect(lines).toEqual([`exitrd: shutdown clean, record logged for '${pstore}'`]);
    expect(dumps).toBe("Y");
    // LOG_DEBUG of LOG_DAEMON: no console prints it, unless it prints everything.
    expect(log.every((line) => /^<31>exitrd-record .*\n$/.test(line))).toBe(true);
    const dump = log.map((line) => line.replace(">", ">[    1.234567] ")).join("");
    const [found] = findLogged([dump], sha256);
    expect(found).toMatchObject({ kind: "whole", bootId: nonce });
    if (found?.kind !== "whole") return;
    expect(parseShutdownRecord(toByteString(found.body))).toEqual(clean);
  });

  test("is logged if the disk does not answer", () => {
    const failure = (): never => {
      throw new Hang();
    };
    expect(keep(clean, { failure, pstore: "erst" })).toMatchObject({ dumps: "Y" });
  });

  test.each<[string, Given]>([
    ["there is no backend", {}],
    ["variables of the firmware are the backend", { pstore: "efi_pstore" }],
    ["they are, under their newer name", { pstore: "efi" }],
    ["ramoops keeps only crashes", { pstore: "ramoops", maxReason: "2" }],
    ["it is unknown what ramoops keeps", { pstore: "ramoops" }],
  ])("is not written if %s", (_, given) => {
    expect(keep(clean, { ...nowhere, ...given })).toMatchObject({ lines: [], log: [], dumps: "N" });
  });

  test.each<[Given, RegExp]>([
    [{ devkmsg: "off" }, /'pstore': the kernel log drops messages of programs, ignoring$/],
    [{ neverDumps: true }, /'pstore': the kernel does not dump its log at a shutdown, ignoring$/],
  ])("costs one line if it cannot be kept: %j", (given, line) => {
    const { lines } = keep(clean, { ...nowhere, pstore: "erst", ...given });
    expect(lines).toEqual([expect.stringMatching(line)]);
  });

  test("does not replace the variable: nobody knows yet whether pstore takes it", () => {
    const { variables, dumps } = keep(failed, { ...nowhere, pstore: "erst", hasFirmware: true });
    expect(variables).toHaveLength(1);
    expect(dumps).toBe("Y");
  });
});
