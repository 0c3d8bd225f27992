import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run } from "../../src/cli/run.ts";
import { ENDINGS, type Report } from "../../src/record/report.ts";
import { SHARED_REPORT_PATH } from "../../src/record/shared-report.ts";
import { toByteString } from "../../src/text/bytes.ts";
import { projectRoot } from "../../tools/bundle.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { sysError } from "../fake/sys-error.ts";

const report: Report = {
  ...{ format: 1, ending: "clean", bootId: "0".repeat(32), startedAt: 1, importedAt: 2 },
  ...{ place: "/boot/exitrd.record", crashes: [], drives: [] },
};

/** What Debian's test of the package concludes after a reboot. */
function isCleanToAutopkgtest(json: string): boolean {
  const file = join(projectRoot, "packaging/debian/source-package/tests/shutdown");
  const [, filter = ""] =
    /exitrd report --json \| jq -e '(.*)'/.exec(readFileSync(file, "utf8")) ?? [];
  return spawnSync("jq", ["-e", filter], { input: json }).status === 0;
}

describe("report", () => {
  test.each(ENDINGS)("has one answer for programs and for shells: %s", (ending) => {
    const host = new FakeHost();
    const text = JSON.stringify({ ...report, ending });
    host.putFile("/var/lib/exitrd/reports/00000001.json", text);
    const exit = run(["report", "--json"], host);
    expect(exit).toBe(ending === "clean" ? 0 : 3);
    const { ok, result } = JSON.parse(host.printed);
    expect(ok).toBe(exit === 0);
    expect(isCleanToAutopkgtest(host.printed)).toBe(ending === "clean");
    expect(result.reports[0].ok === true).toBe(ok);
    const isUnknown = ["unrecorded", "no-exitrd", "unknown"].includes(ending);
    expect(result.reports[0].ok === null).toBe(isUnknown);
  });

  /** A machine with two reports, whose mark is of this boot or of an earlier one. */
  const makeHost = (bootId: string): FakeHost => {
    const host = new FakeHost();
    host.reader = { ...host.reader, readText: () => `${"c".repeat(32)}\n` };
    host.putFile("/var/lib/exitrd/reports/00000001.json", JSON.stringify(report));
    host.putFile("/var/lib/exitrd/reports/00000002.json", JSON.stringify(report));
    const mark = { format: 1, bootId, startedAt: 1, version: "1", place: "" };
    host.putFile("/var/lib/exitrd/boot.json", JSON.stringify({ ...mark, drives: [], crashes: [] }));
    host.putFile(SHARED_REPORT_PATH, JSON.stringify({ bootId: report.bootId }));
    return host;
  };

  test("is of the last shutdown if this boot has reported it", () => {
    const host = makeHost("c".repeat(32));
    expect(run(["report"], host)).toBe(0);
    expect(host.printed).toMatch(/^Last shutdown: clean/);
    host.printed = "";
    expect(run(["report", "--boot", "-2"], host)).toBe(0);
    expect(host.printed).toMatch(/^Shutdown -2: clean/);
    expect(host.said).toEqual([]);
  });

  test.each([
    ["the last", "c", ["--boot", "-1"], true, true],
    ["one before it", "c", ["--boot", "-2"], false, true],
    ["an earlier one, since there is none of the last,", "a", [], false, false],
    ["the history", "c", ["--list"], null, true],
  ])("says in JSON whether it is of the last shutdown: %s", (_, boot, args, isLast, ok) => {
    const host = makeHost(boot.repeat(32));
    run(["report", ...args, "--json"], host);
    expect(JSON.parse(host.printed)).toMatchObject({ ok, result: { isLast } });
  });

  test("is an answer to --json even if the metrics cannot be written", () => {
    const host = makeHost("c".repeat(32));
    host.replaceOutput = (path) => {
      throw sysError("open", "ENOSPC", path);
    };
    expect(run(["report", "--json", "--metrics", "/full.prom"], host)).toBe(1);
    const { ok, messages, result } = JSON.parse(host.printed);
    expect(ok).toBe(false);
    expect(messages).toEqual([
      "cannot write '/full.prom': No space left on device: name another file with --metrics",
    ]);
    expect(result.reports[0].ending).toBe("clean");
  });

  test.each([
    ["damaged", "{"],
    ["Is a directory", undefined],
  ])("does not take an earlier shutdown for one whose report is: %s", (reason, text) => {
    const host = makeHost("c".repeat(32));
    const newest = "/var/lib/exitrd/reports/00000003.json";
    if (text === undefined) host.putDirectory(newest);
    else host.putFile(newest, text);
    expect(run(["report"], host)).toBe(3);
    expect(host.printed).toMatch(/^An earlier shutdown: clean/);
    expect(host.said).toEqual([`exitrd: cannot read '${newest}': ${reason}, ignoring`]);
    host.said.length = 0;
    expect(run(["report", "--list"], host)).toBe(0);
    expect(host.said).toHaveLength(1);
  });

  test.each([
    ["damaged", "c", "00000003", "unknown"],
    ["not written in this boot", "a", undefined, "unknown"],
    ["readable, but not one before it", "c", "00000001", "clean"],
  ])("exports no earlier verdict as metrics of one that is: %s", (_, boot, damaged, ending) => {
    const host = makeHost(boot.repeat(32));
    if (damaged !== undefined) host.putFile(`/var/lib/exitrd/reports/${damaged}.json`, "{");
    const exported = (...args: readonly string[]): string | undefined => {
      let text = "";
      host.replaceOutput = (_path, data) => {
        text = toByteString(data);
      };
      expect(run(["report", ...args, "--metrics", "/exitrd.prom"], host)).toBe(0);
      return /^exitrd_shutdown_ending\{ending="(.*)"\} 1$/m.exec(text)?.[1];
    };
    expect(exported()).toBe(ending);
    expect(host.said.length > 0).toBe(ending === "unknown" || damaged !== undefined);
    // This was asked for.
    if (ending === "unknown") expect(exported("--boot", "-2")).toBe("clean");
  });

  test("of the last shutdown is not affected by a damaged one before it", () => {
    const host = makeHost("c".repeat(32));
    host.putFile("/var/lib/exitrd/reports/00000001.json", "{");
    expect(run(["report"], host)).toBe(0);
    expect(host.printed).toMatch(/^Last shutdown: clean/);
    expect(host.said).toHaveLength(1);
  });

  test("is not said to be missing if it cannot be read", () => {
    const host = new FakeHost();
    host.putDirectory("/var/lib/exitrd/reports");
    host.failures.set("readdir /var/lib/exitrd/reports", "EACCES");
    expect(run(["report"], host)).toBe(1);
    expect(host.said).toEqual([
      "exitrd: cannot read '/var/lib/exitrd/reports': Permission denied, ignoring",
      "exitrd: cannot print the report: no report can be read: run it as root",
    ]);
  });

  test.each([
    [1, "'/var/lib/exitrd/reports/00000001.json'"],
    [
      5,
      "'/var/lib/exitrd/reports/00000001.json', '/var/lib/exitrd/reports/00000002.json', '/var/lib/exitrd/reports/00000003.json' and 2 more",
    ],
  ])(
    "names the damaged files, and what has their verdicts, if all are damaged: %i",
    (count, names) => {
      const host = new FakeHost();
      for (let number = 1; number <= count; number++) {
        host.putFile(`/var/lib/exitrd/reports/0000000${number}.json`, "{");
      }
      expect(run(["report"], host)).toBe(1);
      expect(host.said).toHaveLength(count + 1);
      expect(host.said.at(-1)).toBe(
        `exitrd: cannot print the report: no report can be read: see 'journalctl -t exitrd' for the verdicts, and remove ${names}`,
      );
    },
  );

  test("does not advise to be root if the disk fails", () => {
    const host = new FakeHost();
    host.putDirectory("/var/lib/exitrd/reports");
    host.failures.set("readdir /var/lib/exitrd/reports", "EIO");
    expect(run(["report"], host)).toBe(1);
    expect(host.said.at(-1)).toBe(
      "exitrd: cannot print the report: no report can be read: see 'journalctl -t exitrd' for the verdicts, and check the file system",
    );
  });

  test("does not take an earlier shutdown for the last one", () => {
    const host = makeHost("a".repeat(32));
    expect(run(["report"], host)).toBe(3);
    expect(host.printed).toMatch(/^An earlier shutdown: clean/);
    expect(host.said.join()).toContain("run 'systemctl restart exitrd-report.service'");
    host.trees.removeDirectory("/run/systemd/system");
    run(["report"], host);
    expect(host.said.at(-1)).toContain("run 'exitrd record --begin'");
  });

  describe("gives advice that works as printed", () => {
    const lost = { ...report, ending: "power-lost" };
    const put = (host: FakeHost, second: string) => {
      const folder = "/var/lib/exitrd/reports";
      host.putFile(`${folder}/00000001.json`, JSON.stringify(lost));
      host.putFile(`${folder}/00000002.json`, JSON.stringify({ ...lost, bootId: second }));
    };
    const advise = (boot: string, host: FakeHost): string => {
      host.printed = "";
      run(["report", "--boot", boot], host);
      return host.printed.slice(host.printed.indexOf("What to do:"));
    };
    const id = "d".repeat(32);

    test.each([
      ["-1", "c", id, "run 'journalctl -b -k -g recover' for"],
      ["-2", "c", id, `run 'journalctl -b ${id} -k -g recover' for`],
      ["-2", "c", "", "run 'journalctl _TRANSPORT=kernel -g recover' for"],
      // The boot after it has not been reported.
      ["-1", "a", id, "run 'journalctl _TRANSPORT=kernel -g recover' for"],
    ])("about the boot after shutdown %s, in boot %s, after %j", (boot, now, second, advice) => {
      const host = makeHost(now.repeat(32));
      host.putFile(SHARED_REPORT_PATH, JSON.stringify({ bootId: second }));
      put(host, second);
      expect(advise(boot, host)).toContain(advice);
    });

    test("without systemd", () => {
      const host = makeHost("c".repeat(32));
      host.trees.removeDirectory("/run/systemd/system");
      host.putFile(SHARED_REPORT_PATH, JSON.stringify({ bootId: id }));
      put(host, id);
      expect(advise("-1", host)).toContain("run 'dmesg | grep -i recover' for");
      expect(advise("-2", host)).toContain("look for 'recover' in the kernel's messages");
      const unknown = { ...report, ending: "unknown", bootId: id };
      host.putFile("/var/lib/exitrd/reports/00000002.json", JSON.stringify(unknown));
      expect(advise("-1", host)).toContain("have each boot run 'exitrd record --begin'");
      host.putFile("/var/lib/exitrd/reports/00000001.json", "{");
      host.putFile("/var/lib/exitrd/reports/00000002.json", "{");
      run(["report"], host);
      expect(host.said.at(-1)).toContain("see the lines of exitrd in /var/log for the verdicts");
      for (const number of [1, 2]) {
        host.files.removeFile(`/var/lib/exitrd/reports/0000000${number}.json`);
      }
      run(["report"], host);
      expect(host.said.at(-1)).toContain("'exitrd record --begin' does, at each boot");
    });
  });

  test.each([
    ["was not stored", JSON.stringify({ bootId: "d".repeat(32) })],
    ["is of another machine, whose disk was copied", undefined],
    ["cannot be read", "{"],
  ])("does not take an earlier shutdown for the last one, whose report %s", (_, shared) => {
    const host = makeHost("c".repeat(32));
    host.files.removeFile(SHARED_REPORT_PATH);
    if (shared !== undefined) host.putFile(SHARED_REPORT_PATH, shared);
    expect(run(["report"], host)).toBe(3);
    expect(host.printed).toMatch(/^An earlier shutdown: clean/);
    expect(host.said).toEqual([
      expect.stringContaining("nothing is known about the last shutdown"),
    ]);
    // Restarting the unit stores it.
    host.putFile("/run/exitrd/unstored-report.json", JSON.stringify(report));
    run(["report"], host);
    expect(host.said.at(-1)).toContain("run 'systemctl restart exitrd-report.service'");
  });
});
