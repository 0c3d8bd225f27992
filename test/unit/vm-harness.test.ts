import { expect, test } from "vitest";
import type { ShutdownRecord } from "../../src/teardown/record/record.ts";
import { findName } from "../vm/build/boot-files.ts";
import { formatMbr } from "../vm/build/disk-layout.ts";
import { hashTexts } from "../vm/build/hash-inputs.ts";
import { ciCases } from "../vm/cases.ts";
import { listFailures } from "../vm/check-case.ts";
import type { Finding } from "../vm/finding.ts";
import { jobs } from "../vm/job.ts";
import { formatArguments } from "../vm/machine/arguments.ts";
import { parseShutdownEvent } from "../vm/machine/run-machine.ts";
import type { MachineSpec } from "../vm/machine/spec.ts";
import { readPivotSeconds } from "../vm/measure-pivot.ts";

const clean: Finding = {
  run: {
    ending: "poweroff",
    seconds: 20,
    console: [
      { at: 1, text: "exitrd: umount '/oldroot'" },
      { at: 2, text: "exitrd: remove 'vg-root'" },
    ],
    output: "one\n",
    folder: "",
  },
  fileSystems: [
    {
      name: "root",
      state: {
        label: "exitrd-root",
        needsRecovery: false,
        withoutErrors: true,
        mountCount: 1,
        errorCount: 0,
        hasOrphans: false,
      },
      checkedClean: true,
      checkOutput: "",
    },
  ],
  controller: {
    shutDown: true,
    writesAfterShutdown: 0,
    writesAfterFlush: 0,
    notForced: 0,
    unknown: 0,
  },
  secrets: { firstHalf: 0, secondHalf: 0, passphrase: 0 },
  record: undefined,
  tpm: {
    image: { pcr: 12, value: "aa", replayed: "aa", digests: ["01", "02"] },
    extension: { pcr: 13, value: "00", replayed: "00", digests: [] },
    packaged: "01",
  },
};

test("reports a console that ends too late", () => {
  const check = (from: RegExp, seconds: number) =>
    listFailures({ ending: "poweroff", within: { from, seconds } }, clean);
  expect(check(/umount/, 1)).toEqual([]);
  expect(check(/umount/, 0.5)).toEqual(["the end came 1 s after /umount/, not 0.5"]);
  expect(check(/nothing/, 9)).toEqual(["no console line matches /nothing/"]);
});

test("images are measured as expected, or not", () => {
  const measured = { images: 2, extensions: 0 };
  const check = (found: Finding, wanted = measured) =>
    listFailures({ ending: "poweroff", measured: wanted }, found);
  expect(check(clean)).toEqual([]);
  expect(check(clean, { ...measured, images: 1 })).toHaveLength(1);
  expect(check(clean, { ...measured, extensions: 1 })).toHaveLength(1);
  expect(check({ ...clean, tpm: undefined })).toEqual(["there is no TPM"]);
  const { tpm } = clean;
  if (tpm === undefined) throw new Error("no TPM");
  expect(check({ ...clean, tpm: { ...tpm, packaged: "03" } })).toHaveLength(1);
  for (const value of ["bb", undefined]) {
    expect(check({ ...clean, tpm: { ...tpm, image: { ...tpm.image, value } } })).toHaveLength(1);
    const extension = { ...tpm.extension, value };
    expect(check({ ...clean, tpm: { ...tpm, extension } })).toHaveLength(1);
  }
});

test("a run that is as expected has no failures", () => {
  const failures = listFailures(
    {
      ending: "poweroff",
      fileSystems: "clean",
      controllerShutDown: true,
      volumeKey: "absent",
      console: [/oldroot/, /vg-root/],
      output: [/^one$/],
    },
    clean,
  );
  expect(failures).toEqual([]);
});

test("each difference is one sentence", () => {
  const failures = listFailures(
    {
      ending: "reset",
      fileSystems: { needsRecovery: "root" },
      controllerShutDown: false,
      volumeKey: "present",
      console: [/vg-root/, /oldroot/],
      consoleNever: [/umount/],
      output: [/two/],
    },
    clean,
  );
  expect(failures).toEqual([
    "ended by poweroff after 20 s, not by reset",
    "'root' does not need recovery",
    "the controller was shut down",
    "volume key halves not found in RAM",
    "no console line matches /oldroot/, in this order",
    "a console line matches /umount/: exitrd: umount '/oldroot'",
    "no output line matches /two/, in this order",
  ]);
});

test("the record has to say what is expected of it", () => {
  const check = (record: Finding["record"]) =>
    listFailures({ ending: "poweroff", record: "clean" }, { ...clean, record });
  expect(check(undefined)).toEqual(["the record in /boot says 'nothing', not 'clean'"]);
  const record: ShutdownRecord = {
    format: 1,
    version: "0.2.0",
    kernel: "6.1.0",
    verb: "poweroff",
    verdict: "clean",
    tookMs: 300,
    madeAt: 0,
    isSynced: true,
    omitted: 0,
    steps: [],
    layers: 3,
    planned: 3,
    mounts: [],
    left: [],
    survivors: [],
    isPlanned: true,
  };
  expect(check({ bootId: "0", record })).toEqual([]);
  expect(check({ bootId: "0", record: { ...record, verdict: "failed" } })).toEqual([
    "the record in /boot says 'failed', not 'clean'",
  ]);
});

test("one half of the key is enough to fail", () => {
  const found = { ...clean, secrets: { firstHalf: 0, secondHalf: 2, passphrase: 1 } };
  expect(listFailures({ ending: "poweroff", volumeKey: "absent" }, found)).toEqual([
    "volume key halves found 2 times in RAM",
  ]);
});

test("QMP's shutdown event distinguishes a power-off from a reset", () => {
  const format = (reason: string) =>
    JSON.stringify({ event: "SHUTDOWN", data: { guest: true, reason } });
  expect(parseShutdownEvent(format("guest-shutdown"))).toBe("poweroff");
  expect(parseShutdownEvent(format("guest-reset"))).toBe("reset");
  expect(parseShutdownEvent(format("guest-panic"))).toBe("failed");
  expect(parseShutdownEvent('{"event": "WATCHDOG", "data": {"action": "reset"}}')).toBe("watchdog");
  expect(parseShutdownEvent('{"return": {}}')).toBeUndefined();
});

test("boot files are found by their prefix in debugfs's listing", () => {
  const listing = "/2/040755/0/0/.//\n/14/100644/0/0/vmlinuz-6.1.0-50-amd64/8222656/\n";
  expect(findName(listing, "vmlinuz-")).toBe("vmlinuz-6.1.0-50-amd64");
  expect(() => findName(listing, "initrd.img-")).toThrow("found 0");
});

test("a partition table has its signature and counts in sectors", () => {
  const mbr = formatMbr([{ offset: 1048576, size: 2097152 }]);
  expect(mbr.readUInt16LE(510)).toBe(0xaa55);
  expect([mbr.readUInt32LE(454), mbr.readUInt32LE(458)]).toEqual([2048, 4096]);
});

test("a cache key depends on where one text ends and the next begins", () => {
  expect(hashTexts(["ab", "c"])).not.toBe(hashTexts(["a", "bc"]));
});

test("the time from pivot to reboot(2) is computed from the kernel's time stamps", () => {
  const lines = [
    "[   10.000000] kvm: exiting hardware virtualization",
    "[   22.886387] systemd-shutdown[1]: Successfully changed into root pivot.",
    "[   23.233928] kvm: exiting hardware virtualization",
    "[   23.312098] reboot: Power down",
  ].map((text) => ({ at: 0, text }));
  expect(readPivotSeconds(lines)).toBeCloseTo(0.347541, 6);
  expect(readPivotSeconds(lines.slice(0, 1))).toBeUndefined();
});

test("case names are unique, and those of the short runs exist", () => {
  const names = jobs.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(expect.arrayContaining([...ciCases]));
});

test("a disk with two paths is one namespace of two controllers", () => {
  const args = formatArguments({
    kernel: "k",
    initrd: "i",
    commandLine: "",
    disks: [{ file: "d", bus: "nvme", serial: "s", twoPaths: true }],
    folder: "f",
    limitSeconds: 1,
    accel: "tcg",
  });
  const devices = args.filter((_, index) => args[index - 1] === "-device");
  expect(
    devices.filter((device) => device.startsWith("nvme,subsys=disk0-subsystem,")),
  ).toHaveLength(2);
  expect(devices.filter((device) => device.startsWith("nvme-ns,drive=disk0,"))).toHaveLength(1);
});

test("a machine with firmware gets no kernel, and none writes to the firmware's code", () => {
  const args = formatArguments({
    firmware: { code: "c", variables: "v" },
    disks: [],
    folder: "f",
    limitSeconds: 1,
    accel: "tcg",
    tpmSocket: "t",
  });
  expect(args).not.toContain("-kernel");
  expect(args).toContain("if=pflash,format=raw,unit=0,readonly=on,file=c");
  expect(args).toContain("if=pflash,format=raw,unit=1,file=v");
  expect(args).toContain("socket,id=tpm,path=t");
});

test("an arm64 machine has a board, a processor and a line for the output of its own", () => {
  const spec: MachineSpec = {
    ...{ kernel: "k", initrd: "i", commandLine: "", disks: [], folder: "f" },
    ...{ limitSeconds: 1, accel: "tcg", ramFile: "r" },
  };
  const args = formatArguments({ ...spec, architecture: "arm64" });
  expect(args).toContain("virt,gic-version=3,memory-backend=ram");
  expect(args[args.indexOf("-cpu") + 1]).toBe("cortex-a72");
  expect(args).toContain("pci-serial,chardev=output");
  expect(formatArguments({ ...spec, architecture: "amd64" })).toEqual(formatArguments(spec));
});
