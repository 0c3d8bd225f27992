import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { run } from "../../src/cli/run.ts";
import type { NewMode } from "../../src/port/loader.ts";
import type { Report } from "../../src/record/report.ts";
import { SHARED_REPORT_PATH, writeSharedReport } from "../../src/record/shared-report.ts";
import type { ShutdownRecord } from "../../src/teardown/record/record.ts";
import { FIRMWARE_DIR, VARIABLE_PATH } from "../../src/teardown/record/variable.ts";
import { failCall } from "../fake/fail-call.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { sysError } from "../fake/sys-error.ts";

/** A machine without a disk that could keep a record. */
function makeHost(record: string, isUefi: boolean, pstore = ""): FakeHost {
  const host = new FakeHost();
  host.putFile("/etc/exitrd.conf", `[Exitrd]\nRecord=${record}\n`);
  const readDir = (path: string): readonly string[] => {
    if (isUefi && path === FIRMWARE_DIR) return ["efivars", "fw_platform_size"];
    throw sysError("open", "ENOENT", path);
  };
  const readText = (path: string): string => (path.endsWith("/backend") ? pstore : "");
  host.reader = { ...host.reader, readDir, readText };
  return host;
}

describe("record", () => {
  test.each(["efivar", "auto"])("names the variable of the firmware: %s", (record) => {
    const host = makeHost(record, true);
    expect(run(["record"], host)).toBe(0);
    expect(host.printed).toBe(`${VARIABLE_PATH}, if the shutdown is not clean\n`);
    host.printed = "";
    expect(run(["record", "--json"], host)).toBe(0);
    expect(JSON.parse(host.printed)).toMatchObject({
      ...{ ok: true, result: { where: VARIABLE_PATH, partition: null, offsetBytes: null } },
    });
  });

  test("names pstore before the firmware, if its backend can keep it", () => {
    const host = makeHost("auto", true, "erst\n");
    expect(run(["record"], host)).toBe(0);
    expect(host.printed).toBe("/sys/fs/pstore, in a dump of the kernel log by erst\n");
    expect(run(["record"], makeHost("boot root", false, "erst\n"))).toBe(1);
  });

  test.each(["--begin", "--end"])(
    "does not log refused places if pstore keeps it: %s",
    (option) => {
      const said = (pstore: string): readonly string[] => {
        const host = makeHost("boot pstore", false, pstore);
        host.putDirectory("/boot");
        host.putDirectory("/run/exitrd");
        expect(run(["record", option], host)).toBe(0);
        return host.said.filter((line) => line.includes("cannot keep a record"));
      };
      expect(said("erst\n")).toEqual([]);
      expect(said("(null)\n")).toEqual([
        expect.stringContaining("cannot keep a record in '/boot/exitrd.record'"),
      ]);
      expect(said("efi_pstore\n")).toHaveLength(2);
    },
  );

  test("says why pstore cannot keep it", () => {
    const host = makeHost("pstore", true, "efi_pstore\n");
    expect(run(["record"], host)).toBe(1);
    expect(host.said).toContain(
      "exitrd: cannot keep a record in '/sys/fs/pstore': its backend is 'efi_pstore', not erst or ramoops, ignoring",
    );
  });

  test.each([
    ["efivar", false],
    ["boot", true],
    ["off", true],
  ])("fails where nothing can keep it: %s, UEFI %s", (record, isUefi) => {
    const host = makeHost(record, isUefi);
    expect(run(["record"], host)).toBe(1);
    expect(host.printed).toBe("");
  });
});

describe("record with an entry in the event log of the BMC", () => {
  const ask = (record: string, hasDriver: boolean) => {
    const host = makeHost(record, false);
    if (hasDriver) host.putFile("/dev/ipmi0", "");
    const status = run(["record", "--json"], host);
    return { status, ...JSON.parse(host.printed), said: host.said };
  };

  const none = "exitrd: cannot keep a record: no place can take it: see Record= in exitrd.conf(5)";

  test("names the device, and the place of the record before it", () => {
    expect(ask("ipmi", true)).toMatchObject({
      ...{ status: 0, said: [], result: { where: null, eventLog: "/dev/ipmi0" } },
    });
    const host = makeHost("auto ipmi", true);
    host.putFile("/dev/ipmi0", "");
    expect(run(["record"], host)).toBe(0);
    expect(host.printed).toBe(
      `${VARIABLE_PATH}, if the shutdown is not clean\n/dev/ipmi0, an entry in the system event log\n`,
    );
  });

  test("fails if the record itself was asked for and has no place", () => {
    const { status, ok, said } = ask("auto ipmi", true);
    expect({ status, ok, last: said.at(-1) }).toEqual({ status: 1, ok: false, last: none });
  });

  test("says how to get the driver if it is missing, and does not ask without Record=ipmi", () => {
    const line =
      "exitrd: cannot keep a record in '/dev/ipmi0': it does not exist: load ipmi_si and ipmi_devintf (modules-load.d(5)), ignoring";
    expect(ask("ipmi", false)).toMatchObject({ status: 1, ok: false, said: [line, none] });
    const absent =
      "exitrd: cannot keep a record in 'boot': there is none, or it is not mounted, ignoring";
    expect(ask("boot", true)).toMatchObject({ status: 1, ok: false, said: [absent, none] });
  });
});

describe("record --begin", () => {
  const id = (digit: string): string => digit.repeat(32);
  const entry = (bootId: string, seconds: number): string =>
    `__CURSOR=x\n__REALTIME_TIMESTAMP=${seconds}000000\n_BOOT_ID=${bootId}\n\n`;

  /** Begins a boot whose mark is of `a`, at 1000 s, with this in addition; the journal says this. */
  const begin = (stdout: string, status = 0, more: object = {}) => {
    const host = makeHost("off", false);
    const readText = (path: string): string => (path.endsWith("/boot_id") ? id("c") : "");
    host.reader = { ...host.reader, readText };
    const mark = {
      ...{ format: 1, bootId: id("a"), startedAt: 1_000_000, version: "1", place: "" },
      ...{ drives: [], crashes: [], ...more },
    };
    host.putFile("/var/lib/exitrd/boot.json", JSON.stringify(mark));
    host.putDirectory("/var/lib/exitrd/reports");
    host.putDirectory("/run/exitrd");
    const asked: (readonly string[])[] = [];
    host.commands = {
      ...host.commands,
      run: (name, args) => {
        if (name === "journalctl") asked.push(args);
        return { status, stdout: new TextEncoder().encode(stdout), stderr: "" };
      },
    };
    expect(run(["record", "--begin", "--json"], host)).toBe(0);
    expect(asked).toHaveLength(1);
    return JSON.parse(host.printed).result.ending;
  };

  test("believes a mark of the last boot that the journal knows, or of a later one", () => {
    expect(begin(entry(id("a"), 1_500))).toBe("power-lost");
    expect(begin(entry(id("b"), 900))).toBe("power-lost");
    expect(begin("", 1)).toBe("power-lost");
    expect(begin("no journal files were found\n")).toBe("power-lost");
  });

  test("believes no mark of an earlier one that was shut down", () => {
    const ended = { stoppedAt: 1_200_000, isLoaded: true };
    expect(begin(entry(id("b"), 1_500), 0, ended)).toBe("unknown");
  });

  test("believes a mark of an earlier one that was not: kdump's boot leaves none", () => {
    expect(begin(entry(id("b"), 1_500))).toBe("power-lost");
  });
});

/** A boot after one that left only its mark. */
function makeNextBoot(): FakeHost {
  const host = makeHost("off", false);
  const readText = (path: string): string => (path.endsWith("/boot_id") ? "c".repeat(32) : "");
  host.reader = { ...host.reader, readText };
  const mark = { format: 1, bootId: "a".repeat(32), startedAt: 1, version: "1", place: "" };
  host.putFile("/var/lib/exitrd/boot.json", JSON.stringify({ ...mark, drives: [], crashes: [] }));
  return host;
}

test.each([
  ["has another machine ID", "d".repeat(32), null],
  ["has the same", "e".repeat(32), "power-lost"],
  ["has none yet", "uninitialized", "power-lost"],
])("record --begin takes a mark for that of another machine if this one %s", (_, id, ending) => {
  const host = makeNextBoot();
  const mark = JSON.parse(host.text("/var/lib/exitrd/boot.json") ?? "");
  host.putFile("/var/lib/exitrd/boot.json", JSON.stringify({ ...mark, machineId: "e".repeat(32) }));
  const { readText } = host.reader;
  host.reader = {
    ...host.reader,
    readText: (path) => (path === "/etc/machine-id" ? `${id}\n` : readText(path)),
  };
  expect(run(["record", "--begin", "--json"], host)).toBe(0);
  expect(JSON.parse(host.printed).result.ending).toBe(ending);
});

test("record --begin publishes a verdict that cannot be stored, and names each file", () => {
  const host = makeNextBoot();
  const readOnly = (path: string): never => failCall("open", "EROFS", path);
  const journal: string[] = [];
  Object.assign(host, {
    writableFiles: { ...host.writableFiles, replaceFile: readOnly },
    trees: { ...host.trees, makeDirectory: readOnly },
    sendToJournal: (text: string) => void journal.push(text),
  });
  const started: string[] = [];
  host.commands = {
    ...host.commands,
    run: (_, args) => {
      started.push(...args);
      return { status: 0, stdout: new Uint8Array(), stderr: "" };
    },
  };
  expect(run(["record", "--begin", "--json"], host)).toBe(0);
  expect(JSON.parse(host.printed).result.ending).toBe("power-lost");
  expect(journal.join()).toContain("EXITRD_ENDING=power-lost");
  expect(started).toContain("exitrd-unclean-shutdown.target");
  expect(host.said.map((line) => /'(.*)'/.exec(line)?.[1])).toEqual([
    ...["/var/lib/exitrd", "/var/lib/exitrd/reports", "/run/exitrd"],
    ...["/var/lib/exitrd/reports", "/run/exitrd/last-shutdown.json", "/var/lib/exitrd/boot.json"],
  ]);
});

test("drives are read once a boot, and NVMe's again as the shutdown begins", () => {
  const host = makeHost("off", false);
  host.putDirectory("/run/exitrd");
  host.reader = {
    ...host.reader,
    readDir: (path) => {
      if (path === "/sys/class/nvme") return ["nvme0"];
      if (path === "/sys/block") return ["sda"];
      throw sysError("open", "ENOENT", path);
    },
    readText: (path) => {
      if (path.endsWith("/boot_id")) return "c".repeat(32);
      if (path.endsWith("/transport")) return "pcie\n";
      if (path.endsWith("/vpd_pg80")) return "\0\x80\0\x02S1";
      return path.endsWith("/vendor") ? "ATA\n" : "x\n";
    },
  };
  const asked: string[] = [];
  const health = new Uint8Array(512);
  // SFF-8035i: attribute 192, whose raw value is 7, and a check sum that makes all bytes add up to 0.
  const smart = new Uint8Array(512);
  smart.set([192, 0, 0, 0, 0, 7], 2);
  smart[511] = 256 - 192 - 7;
  host.drives = {
    readNvmeHealth: (path) => {
      asked.push(path);
      return health;
    },
    readSmartData: (path) => {
      asked.push(path);
      return smart;
    },
  };
  const counts = (): readonly number[] =>
    JSON.parse(host.text("/var/lib/exitrd/boot.json") ?? "").drives.map(
      ({ unsafe }: { readonly unsafe: number }) => unsafe,
    );
  for (let time = 0; time < 2; time++) expect(run(["record", "--begin"], host)).toBe(0);
  expect(asked).toEqual(["/dev/nvme0", "/dev/sda"]);
  expect(counts()).toEqual([0, 7]);
  health[144] = 3;
  smart[7] = 8;
  expect(run(["record", "--end"], host)).toBe(0);
  expect(asked).toEqual(["/dev/nvme0", "/dev/sda", "/dev/nvme0"]);
  expect(counts()).toEqual([3, 7]);
});

test("record --begin succeeds on a read-only root with node_exporter: systemd would not run --end", () => {
  const host = makeNextBoot();
  const refuse = (path: string): never => failCall("unlink", "EROFS", path);
  const { removeFile } = host.writableFiles;
  host.putDirectory("/var/lib/prometheus/node-exporter");
  Object.assign(host, {
    writableFiles: {
      ...host.writableFiles,
      replaceFile: refuse,
      removeFile: (path: string) => (path.startsWith("/var") ? refuse(path) : removeFile(path)),
    },
  });
  expect(run(["record", "--begin"], host)).toBe(0);
  expect(host.said.join()).toContain(
    "cannot write '/var/lib/prometheus/node-exporter/exitrd.prom'",
  );
});

test.each([
  ["a directory", (host: FakeHost, path: string) => host.putDirectory(path)],
  [
    "a link to one",
    (host: FakeHost, path: string) => {
      host.putDirectory("/srv/textfiles");
      host.putLink(path, "/srv/textfiles");
    },
  ],
])(
  "record --begin writes metrics that node_exporter can read, with any umask, into %s",
  (_, put) => {
    const host = makeNextBoot();
    host.umask = 0o077;
    put(host, "/var/lib/prometheus/node-exporter");
    expect(run(["record", "--begin"], host)).toBe(0);
    const path = host.files.realPath("/var/lib/prometheus/node-exporter/exitrd.prom") ?? "";
    expect(host.files.status(path)?.mode).toBe(0o644);
    expect(host.files.status("/var/lib/exitrd/boot.json")?.mode).toBe(0o600);
  },
);

test.each([
  ["cannot be written anew, for want of room", false],
  ["are of the machine whose disk was copied", true],
])("record --begin leaves no metrics of an earlier shutdown if they %s", (_, isCopied) => {
  const host = makeNextBoot();
  const path = "/var/lib/prometheus/node-exporter/exitrd.prom";
  host.putFile(path, "exitrd_shutdown_unclean 0\n");
  if (isCopied) {
    const mark = JSON.parse(host.text("/var/lib/exitrd/boot.json") ?? "");
    host.putFile(
      "/var/lib/exitrd/boot.json",
      JSON.stringify({ ...mark, machineId: "e".repeat(32) }),
    );
    const { readText } = host.reader;
    host.reader = {
      ...host.reader,
      readText: (name) => (name === "/etc/machine-id" ? `${"d".repeat(32)}\n` : readText(name)),
    };
  } else {
    const { replaceFile } = host.writableFiles;
    const writableFiles = {
      ...host.writableFiles,
      replaceFile: (name: string, data: Uint8Array, mode: NewMode) =>
        name === path ? failCall("write", "ENOSPC", path) : replaceFile(name, data, mode),
    };
    Object.assign(host, { writableFiles });
  }
  expect(run(["record", "--begin"], host)).toBe(0);
  expect(host.text(path)).toBeUndefined();
});

test("record --begin tells syslogd where there is no journal", () => {
  const host = makeNextBoot();
  const sent: string[] = [];
  Object.assign(host, { sendToSyslog: (message: string) => void sent.push(message) });
  expect(run(["record", "--begin"], host)).toBe(0);
  // syslog(3): LOG_DAEMON is 3 << 3, LOG_WARNING 4.
  expect(sent).toEqual([expect.stringMatching(/^<28>exitrd: Last shutdown: power lost/)]);
  expect(host.said).toEqual([expect.stringMatching(/^exitrd: Last shutdown: power lost/)]);
});

describe("a boot that cannot write its mark", () => {
  const id = (digit: string): string => digit.repeat(32);
  const mark = {
    ...{ format: 1, bootId: id("a"), startedAt: 1_000, version: "1", place: "" },
    ...{ drives: [], crashes: [], stoppedAt: 2_000, isLoaded: true },
  };
  const record: ShutdownRecord = {
    ...{ format: 1, version: "0.2.0", kernel: "6.1.0", verb: "reboot", verdict: "clean" },
    ...{ tookMs: 300, madeAt: 0, isSynced: true, omitted: 0, layers: 3, planned: 3 },
    ...{ steps: [], mounts: [], left: [], survivors: [], isPlanned: true },
  };
  const earlier: Report = {
    ...{ format: 1, ending: "clean", bootId: id("0"), importedAt: 1, record, place: "" },
    ...{ crashes: [], drives: [] },
  };

  /** The second boot after the one that left the mark finds the file system of both full. */
  const boot = (host: FakeHost, bootId: string, isFull: boolean): string | null => {
    const readText = (path: string): string => (path.endsWith("/boot_id") ? bootId : "");
    host.reader = { ...host.reader, readText };
    host.printed = "";
    const { replaceFile } = host.writableFiles;
    const refuse = (path: string, data: Uint8Array, mode: NewMode): void => {
      if (path.startsWith("/var/")) failCall("write", "ENOSPC", path);
      replaceFile(path, data, mode);
    };
    const writableFiles = { ...host.writableFiles, replaceFile: isFull ? refuse : replaceFile };
    expect(run(["record", "--begin", "--json"], { ...host, writableFiles })).toBe(0);
    return JSON.parse(host.printed).result.ending;
  };

  const makeFull = (): FakeHost => {
    const host = makeHost("off", false);
    host.putFile("/var/lib/exitrd/boot.json", JSON.stringify(mark));
    host.putFile("/var/lib/exitrd/reports/00000001.json", JSON.stringify(earlier));
    host.putDirectory("/run/exitrd");
    return host;
  };

  test("reports the boot before it once", () => {
    const host = makeFull();
    expect(boot(host, id("b"), true)).toBe("unrecorded");
    expect(boot(host, id("b"), true)).toBeNull();
    expect(boot(host, id("b"), false)).toBeNull();
  });

  test("stores its report once there is room", () => {
    const host = makeFull();
    boot(host, id("b"), true);
    expect(run(["report"], host)).toBe(3);
    expect(boot(host, id("b"), false)).toBeNull();
    host.printed = "";
    expect(run(["report"], host)).toBe(3);
    expect(host.printed).toMatch(/^Last shutdown: unrecorded/);
    boot(host, id("b"), false);
    expect(host.text("/var/lib/exitrd/reports/00000003.json")).toBeUndefined();
  });

  test("is unknown to the next boot, which does not report the boot before it again", () => {
    const host = makeFull();
    boot(host, id("b"), true);
    expect(run(["report"], host)).toBe(3);
    expect(host.said.at(-1)).toContain("this is an earlier one");
    host.writableFiles.removeFile(SHARED_REPORT_PATH);
    expect(boot(host, id("c"), false)).toBe("unknown");
    expect(run(["report"], host)).toBe(3);
    expect(host.printed).toContain("Last shutdown: unknown");
  });
});

test("record --begin stores a boot once, even if the boot after it left no mark", () => {
  const host = makeNextBoot();
  const path = "/var/lib/exitrd/reports/00000001.json";
  const mark = host.text("/var/lib/exitrd/boot.json") ?? "";
  expect(run(["record", "--begin"], host)).toBe(0);
  const stored = host.text(path);
  expect(stored).toContain("power-lost");
  host.putFile("/var/lib/exitrd/boot.json", mark);
  host.clock += 1_000;
  expect(run(["record", "--begin"], host)).toBe(0);
  expect(host.text("/var/lib/exitrd/reports/00000002.json")).toBeUndefined();
  expect(host.text(path)).toBe(stored);
});

test("record --begin replaces no report if the others cannot be listed", () => {
  const host = makeNextBoot();
  host.putFile("/var/lib/exitrd/reports/00000001.json", "the oldest");
  host.failures.set("readdir /var/lib/exitrd/reports", "EIO");
  expect(run(["record", "--begin"], host)).toBe(0);
  expect(host.text("/var/lib/exitrd/reports/00000001.json")).toBe("the oldest");
  expect(host.said).toContain(
    "exitrd: cannot write '/var/lib/exitrd/reports': Input/output error, ignoring",
  );
});

test("the file for systemd-report contains no names from this machine", () => {
  const host = new FakeHost();
  host.putDirectory("/run/exitrd");
  const step = { act: "umount", name: "/secret", what: "ext4 on sda", startMs: 1, tookMs: 2 };
  const record: ShutdownRecord = {
    ...{ format: 1, version: "0.2.0", kernel: "6.1.0", verb: "reboot", verdict: "degraded" },
    ...{ tookMs: 300, madeAt: 0, isSynced: true, omitted: 0, layers: 3, planned: 4 },
    steps: [step, { ...step, failure: "busy" }],
    ...{ mounts: [], left: ["/secret"], survivors: [], isPlanned: true },
  };
  const drive = { serial: "S3CRET", model: "secret", before: 3, after: 5 };
  const report: Report = {
    ...{ format: 1, ending: "degraded", bootId: "a".repeat(32), startedAt: 1, importedAt: 3 },
    ...{ place: "/boot/secret", crashes: [], drives: [drive], record },
  };
  writeSharedReport(report, host.writableFiles);
  const text = host.text(SHARED_REPORT_PATH) ?? "";
  expect(text.toLowerCase()).not.toContain("secret");
  expect(JSON.parse(text)).toEqual({
    ...{ format: 1, ending: "degraded", isUnclean: true, bootId: "a".repeat(32) },
    ...{ startedAtMs: 1, stoppedAtMs: null, verb: "reboot", version: "0.2.0", tookMs: 300 },
    ...{ layersReleased: 3, layersLeft: 1, failedSteps: 1, unsafeShutdowns: 2 },
  });
});

test("the file for systemd-report has null for what a boot without a mark did not record", () => {
  const host = new FakeHost();
  host.putDirectory("/run/exitrd");
  const report: Report = {
    ...{ format: 1, ending: "unknown", bootId: "a".repeat(32), importedAt: 3 },
    ...{ place: "", crashes: [], drives: [] },
  };
  writeSharedReport(report, host.writableFiles);
  expect(JSON.parse(host.text(SHARED_REPORT_PATH) ?? "")).toMatchObject({ startedAtMs: null });
});

test("the variable of the firmware is the one that a purge removes", () => {
  const postrm = new URL("../../packaging/debian/postrm", import.meta.url);
  expect(readFileSync(postrm, "utf8")).toContain(`variable=${VARIABLE_PATH}\n`);
});
