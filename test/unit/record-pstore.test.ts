import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readRecordFacts } from "../../src/check/observe/read-record-facts.ts";
import { run } from "../../src/cli/run.ts";
import { readLogged, removeLogged } from "../../src/record/read-logged.ts";
import type { Report } from "../../src/record/report.ts";
import { encodeLogLines, findLogged, LONGEST_LOGGED } from "../../src/teardown/record/log-lines.ts";
import { makeRecord } from "../../src/teardown/record/make-record.ts";
import { parseShutdownRecord } from "../../src/teardown/record/parse-record.ts";
import type { Account, ShutdownRecord } from "../../src/teardown/record/record.ts";
import { toByteString } from "../../src/text/bytes.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { sysError } from "../fake/sys-error.ts";

const sha256 = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");
const bootId = "0123456789abcdef0123456789abcdef";
const other = "f".repeat(32);

const account: Account = {
  ...{ steps: [], layers: 0, planned: 0, mounts: [], left: [], survivors: [], isPlanned: true },
};
const made = { version: "1", kernel: "6.1", verb: "poweroff", tookMs: 5, madeAt: 6 } as const;
const clean = makeRecord(made, account, true);
const left = Array.from({ length: 300 }, (_, at) => `/oldroot/${"x".repeat(at % 50)}${at}`);
const long = makeRecord(made, { ...account, left }, true);

/** The lines of the kernel log, as a dump has them. */
function log(record: ShutdownRecord, boot = bootId): readonly string[] {
  const lines = encodeLogLines(record, boot, sha256);
  if (lines === undefined) throw new Error("too long");
  return lines.map((line) => `<31>[   12.345678] ${line}`);
}

const before = ["<6>[    9.000000] EXT4-fs (dm-1): unmounting filesystem"];
const after = [
  "<30>[   12.400000] exitrd: shutdown clean, record logged for 'erst'",
  "<0>[   12.500000] reboot: Power down",
];

function dump(head: string, lines: readonly string[]): string {
  return [head, ...lines, ""].join("\n");
}

function read(texts: readonly string[]): unknown {
  const [found, ...more] = findLogged(texts, sha256);
  expect(more).toEqual([]);
  return found?.kind === "whole" ? parseShutdownRecord(toByteString(found.body)) : found?.kind;
}

describe("the lines of a record in the kernel log", () => {
  test("are short, and the whole is much less than what pstore keeps", () => {
    const lines = log(long);
    expect(lines.length).toBeGreaterThan(2);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(950);
    expect(lines.join("\n").length).toBeLessThan(LONGEST_LOGGED + 400);
  });

  test("have no byte that a terminal could obey, and keep names that are not ASCII", () => {
    const name = "/oldroot/\x9b2J\x7f\u00c3\u00a9\x1b[2J";
    const record = makeRecord(made, { ...account, left: [name] }, true);
    const lines = log(record);
    expect(lines.join("")).toMatch(/^[\x20-\x7e]*$/);
    expect(read([dump("Shutdown#1 Part1", lines)])).toEqual(record);
    const many = makeRecord(made, { ...account, left: Array(90).fill("\u00ff".repeat(100)) }, true);
    expect(log(many).join("").length).toBeLessThan(LONGEST_LOGGED + 400);
  });

  test("are read from the middle of a dump", () => {
    const lines = [...before, ...log(clean), ...after];
    expect(read([dump("Shutdown#1 Part1", lines)])).toEqual(clean);
    // With CONFIG_PRINTK_CALLER.
    const callers = lines.map((line) => line.replace("] ", "][    T1] "));
    expect(read([dump("Shutdown#1 Part1", callers)])).toEqual(clean);
    // With printk.time=0, and both.
    for (const stamped of [lines, callers]) {
      const bare = stamped.map((line) => line.replace(/\[[ \d.]+\] ?/, ""));
      expect(read([dump("Shutdown#1 Part1", bare)])).toEqual(clean);
    }
  });

  test("are not found in a message of the kernel, which may quote what any user chose", () => {
    const lines = log(clean).map((line) => line.replace("<31>", "<4>"));
    expect(read([dump("Shutdown#1 Part1", lines)])).toBeUndefined();
  });

  test("are joined if they are in two parts, of which the first is the newest", () => {
    const lines = log(long);
    const newest = dump("Shutdown#1 Part1", [...lines.slice(2), ...after]);
    const oldest = dump("Shutdown#1 Part2", [...before, ...lines.slice(0, 2)]);
    const whole = read([newest, oldest]);
    expect(whole).toMatchObject({ verdict: "degraded" });
    expect(read([oldest, newest])).toEqual(whole);
  });

  test.each<[string, (lines: readonly string[]) => readonly string[]]>([
    ["the first line is missing", (lines) => lines.slice(1)],
    ["the last line is missing", (lines) => lines.slice(0, -1)],
    ["a line is cut off", ([first = "", ...rest]) => [first.slice(0, 400), ...rest]],
    ["a byte is different", (lines) => lines.map((line) => line.replace("/oldroot", "/0ldroot"))],
    ["it is of another boot", (lines) => lines.map((line) => line.replace(bootId, other))],
  ])("are recognized as incomplete if %s", (_, change) => {
    expect(read([dump("Shutdown#1 Part1", change(log(long)))])).toBe("cut");
  });

  test("are not found in messages that only quote them", () => {
    const quoted = log(clean).map((line) => line.replace("] ", "] sh: "));
    expect(read([dump("Shutdown#1 Part1", [...before, ...quoted, ...after])])).toBeUndefined();
  });

  test("belong to their own boots", () => {
    const texts = [log(clean, other), log(long)].map((lines) => dump("Shutdown#1 Part1", lines));
    expect(findLogged(texts, sha256)).toMatchObject([
      { kind: "whole", bootId: other },
      { kind: "whole", bootId },
    ]);
  });
});

const pstore = "/sys/fs/pstore";
const moved = "/var/lib/systemd/pstore";

function makeHost(files: Readonly<Record<string, string>>, always = "N"): FakeHost {
  const host = new FakeHost();
  const paths = Object.keys(files);
  for (const [path, text] of Object.entries(files)) host.putFile(path, text);
  const readDir = (dir: string): readonly string[] => {
    const below = paths.filter((path) => path.startsWith(`${dir}/`));
    if (below.length === 0) throw sysError("open", "ENOTDIR");
    return [...new Set(below.map((path) => path.slice(dir.length + 1).split("/")[0] ?? ""))].sort();
  };
  host.reader = { ...host.reader, readDir, readText: () => `${always}\n` };
  return host;
}

function portsOf({ reader, files }: FakeHost) {
  return { reader, files, digests: { sha256 } };
}

describe("a check", () => {
  const read = (backend: string) => {
    const host = makeHost({ "/etc/exitrd.conf": "[Exitrd]\nRecord=root pstore\n" });
    host.reader = { ...host.reader, readText: (p) => (p.endsWith("/backend") ? backend : "") };
    const { files, reader, maps, rawDevices } = host;
    return readRecordFacts({ files, reader, maps, rawDevices, digests: { sha256 } });
  };

  test("finds a place in ERST, and none with another backend, and says why", () => {
    expect(read("erst\n")).toMatchObject({ isWanted: true, hasPlace: true });
    expect(read("(null)\n")).toMatchObject({ isWanted: true, hasPlace: false });
    const { hasPlace, reasons } = read("efi_pstore\n");
    expect(hasPlace).toBe(false);
    expect(reasons.at(-1)).toBe(
      "cannot keep a record in '/sys/fs/pstore': its backend is 'efi_pstore', not erst or ramoops",
    );
  });
});

describe("the next boot", () => {
  const mark = {
    ...{ format: 1, bootId, startedAt: 1_000, version: "1", place: "", drives: [], crashes: [] },
    ...{ stoppedAt: 2_000, isLoaded: true },
  };
  const path = `${pstore}/dmesg-erst-1`;

  const begin = (
    text: string,
    known: { readonly unreadable?: readonly string[] } = {},
  ): { readonly host: FakeHost; readonly report: Report } => {
    const left = JSON.stringify({ ...mark, ...known });
    const host = makeHost({ [path]: text, "/var/lib/exitrd/boot.json": left });
    const readText = (file: string): string => {
      if (file === path) return text;
      return file.endsWith("/boot_id") ? other : "N\n";
    };
    host.reader = { ...host.reader, readText };
    host.putDirectory("/var/lib/exitrd/reports");
    host.putDirectory("/run/exitrd");
    expect(run(["record", "--begin"], host)).toBe(0);
    const report = host.text("/var/lib/exitrd/reports/00000001.json") ?? "";
    return { host, report: JSON.parse(report) };
  };

  test("imports a record from pstore, and removes its dump", () => {
    const { host, report } = begin(dump("Shutdown#1 Part1", [...before, ...log(long), ...after]));
    expect(report).toMatchObject({ ending: "degraded", bootId, crashes: [] });
    expect(report.record?.left).toContain("/oldroot/0");
    expect(host.text(path)).toBeUndefined();
  });

  test("reports that a record is not complete", () => {
    const { report } = begin(dump("Shutdown#1 Part1", [...log(long).slice(1), ...after]));
    expect(report).toMatchObject({ ending: "unrecorded", isTorn: true, crashes: [] });
    expect(report.record).toBeUndefined();
  });

  test("takes a dump that cannot be decoded for no crash, and says so once", () => {
    const { host, report } = begin("\x78\x9c\x03\x00");
    expect(report).toMatchObject({ ending: "unrecorded", crashes: [], unreadable: [path] });
    expect(host.said).toContain(
      `exitrd: cannot read '${path}': the kernel could not decode it, ignoring`,
    );
    run(["report"], host);
    expect(host.printed).toContain(
      `  the dump '${path}' cannot be read, so it is not known to be of a crash\n`,
    );
    expect(JSON.parse(host.text("/var/lib/exitrd/boot.json") ?? "").unreadable).toEqual([path]);
  });

  test("takes no dump for a new crash that an earlier kernel could not decode", () => {
    const known = { unreadable: [path] };
    const { report } = begin(dump("Panic#1 Part1", after), known);
    expect(report).toMatchObject({ ending: "unrecorded", crashes: [] });
    expect(report.unreadable).toBeUndefined();
  });

  test("does not take the record of another boot", () => {
    const { host, report } = begin(dump("Shutdown#1 Part1", log(clean, "e".repeat(32))));
    expect(report).toMatchObject({ ending: "unrecorded" });
    expect(report.isTorn).toBeUndefined();
    expect(host.text(path)).toBeDefined();
  });
});

describe("the dumps in pstore", () => {
  const text = dump("Shutdown#1 Part1", [...log(clean), ...after]);

  test.each([
    `${pstore}/dmesg-erst-7577000000000000001`,
    `${moved}/7577000000000/dmesg-erst-7577000000000000001`,
    `${moved}/1764000000/001/dmesg-erst-1764000000001`,
    `${moved}/dmesg-ramoops-0`,
  ])("are read at %s", (path) => {
    expect(readLogged(portsOf(makeHost({ [path]: text })))).toMatchObject([
      { kind: "whole", bootId },
    ]);
  });

  test("are read only up to a size", () => {
    const huge = text + "x".repeat(1 << 20);
    expect(readLogged(portsOf(makeHost({ [`${pstore}/dmesg-erst-1`]: huge })))).toEqual([]);
  });

  const files = {
    [`${pstore}/dmesg-erst-1`]: dump("Panic#1 Part1", before),
    [`${pstore}/dmesg-erst-2`]: dump("Shutdown#2 Part1", [...log(clean), ...after]),
    [`${pstore}/dmesg-erst-3`]: dump("Shutdown#2 Part2", before),
    [`${pstore}/dmesg-erst-4`]: dump("Shutdown#1 Part1", log(clean, other)),
  };
  const kept = (host: FakeHost): readonly string[] =>
    Object.keys(files).filter((path) => host.text(path) !== undefined);

  test("are removed, all parts of them, if they were dumped for the record of the boot", () => {
    const host = makeHost(files);
    removeLogged(bootId, portsOf(host), host.writableFiles);
    expect(kept(host)).toEqual([`${pstore}/dmesg-erst-1`, `${pstore}/dmesg-erst-4`]);
  });

  test("stay if the administrator has every shutdown dumped", () => {
    const host = makeHost(files, "Y");
    removeLogged(bootId, portsOf(host), host.writableFiles);
    expect(kept(host)).toEqual(Object.keys(files));
  });

  test("stay if the kernel crashed after the record was written", () => {
    const path = `${pstore}/dmesg-erst-9`;
    const host = makeHost({ [path]: dump("Panic#1 Part1", log(clean)) });
    removeLogged(bootId, portsOf(host), host.writableFiles);
    expect(host.text(path)).toBeDefined();
    expect(readLogged(portsOf(host))).toMatchObject([{ kind: "whole" }]);
  });
});
