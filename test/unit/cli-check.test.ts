import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { run } from "../../src/cli/run.ts";
import type { Measurement } from "../../src/image/tpm/measurement.ts";
import { stringifyMeasurement } from "../../src/image/tpm/measurement-text.ts";
import { packageImage } from "../../src/load/image-places.ts";
import { makeImage } from "../../src/pack/make-image.ts";
import { toBytes } from "../../src/text/bytes.ts";
import { failCall } from "../fake/fail-call.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { fakeCodec, imageInput } from "../fake/image-inputs.ts";
import { sysError } from "../fake/sys-error.ts";
import { makeDevice, makeSnapshot } from "./core-builders.ts";

const motd = "/run/motd.d/exitrd";

/** A machine that goes through exitrd. */
function makeHost(): FakeHost {
  const host = new FakeHost();
  host.putFile(packageImage, makeImage(imageInput, 0, fakeCodec));
  host.putDirectory("/run/motd.d");
  // It has no disk that could keep a record.
  host.putFile("/etc/exitrd.conf", "[Exitrd]\nRecord=off\n");
  run(["load"], host);
  return host;
}

describe("check", () => {
  test("finds nothing on a machine that goes through exitrd, and leaves no line for logins", () => {
    const host = makeHost();
    expect(run(["check"], host)).toBe(0);
    expect(host.printed).toBe("nothing found: the next shutdown will be clean\n");
    host.printed = "";
    host.putFile(motd, "old");
    expect(run(["check", "--motd", motd], host)).toBe(0);
    expect(host.printed).toBe("");
    expect(host.text(motd)).toBeUndefined();
    // Also if there was no such file.
    expect(run(["check", "--motd", motd], host)).toBe(0);
  });

  test("says how to refresh what logins show if it finds nothing any more", () => {
    const host = makeHost();
    host.said.length = 0;
    host.putFile(motd, "old");
    expect(run(["check"], host)).toBe(0);
    expect(host.said).toEqual([
      "exitrd: logins still show an earlier result: run 'systemctl start exitrd-check.service'",
    ]);
    host.said.length = 0;
    host.putFile("/etc/exitrd.conf", "[Exitrd]\nRecord=off\nWrong=1\n");
    expect(run(["check"], host)).toBe(1);
    expect(host.said).toEqual([]);
  });

  test("requires no place if only the firmware keeps the record", () => {
    const host = makeHost();
    host.putFile("/etc/exitrd.conf", "[Exitrd]\nRecord=efivar\n");
    run(["load"], host);
    expect(run(["check"], host), host.printed).toBe(0);
  });

  test("has a note if the BMC that was asked for has no driver", () => {
    const host = makeHost();
    host.putFile("/etc/exitrd.conf", "[Exitrd]\nRecord=efivar ipmi\n");
    run(["load"], host);
    host.printed = "";
    expect(run(["check"], host)).toBe(0);
    expect(host.printed).toMatch(/^note: Record=ipmi is set, but \/dev\/ipmi0 does not exist$/m);
    host.putFile("/dev/ipmi0", "");
    host.printed = "";
    expect(run(["check"], host), host.printed).toBe(0);
    expect(host.printed).toBe("nothing found: the next shutdown will be clean\n");
  });

  test("has a note about what does not affect the shutdown, and nothing for logins", () => {
    const host = makeHost();
    host.putFile("/etc/exitrd.conf", "[Exitrd]\nRecord=boot\n");
    run(["load"], host);
    host.printed = "";
    expect(run(["check"], host)).toBe(0);
    expect(host.printed).toMatch(
      /^the next shutdown will be clean: 1 note\n\nnote: no place can .*: cannot keep a record in 'boot': there is none, or it is not mounted\n/,
    );
    host.printed = "";
    expect(run(["check", "--motd", motd], host)).toBe(0);
    expect(host.printed).toBe("");
    expect(host.text(motd)).toBeUndefined();
  });

  test("has a note, with the command that makes it, if the file for the record is missing", () => {
    const host = makeHost();
    host.putFile("/etc/exitrd.conf", "[Exitrd]\nRecord=boot\n");
    run(["load"], host);
    host.putDirectory("/boot");
    const texts: Readonly<Record<string, string>> = {
      "/proc/self/mountinfo": "20 1 8:1 / /boot rw - ext4 /dev/sda1 rw\n",
      ...{ "/sys/dev/block/8:1/partition": "1", "/sys/dev/block/8:1/ro": "0" },
      ...{ "/sys/dev/block/8:1/../ro": "0", "/sys/dev/block/8:1/start": "2048" },
      "/sys/dev/block/8:1/size": "8192",
      "/sys/dev/block/8:1/../queue/logical_block_size": "512",
    };
    host.reader = {
      ...host.reader,
      readText: (path) => texts[path] ?? failCall("open", "ENOENT", path),
      readLink: () => "../../devices/pci0000:00/block/sda/sda1",
    };
    host.printed = "";
    expect(run(["check"], host)).toBe(0);
    const where = "'/boot/exitrd.record'";
    expect(host.printed).toContain(
      `no place can keep the record of a shutdown: cannot keep a record in ${where}: it has not been prepared yet\n`,
    );
    expect(host.printed).toContain("  cure: exitrd record --begin\n");
    expect(run(["record"], host)).toBe(1);
    expect(host.said).toContain(
      `exitrd: cannot keep a record in ${where}: it has not been prepared yet: run 'exitrd record --begin', ignoring`,
    );
    host.putFile("/boot/exitrd.record", "a letter");
    expect(run(["record"], host)).toBe(1);
    expect(host.said.join("\n")).toContain(`${where}: another file has that name: remove it`);
  });

  test.each([
    [
      "/proc/cmdline",
      "exitrd.timeout=soon",
      "/proc/cmdline: cannot read 'exitrd.timeout=soon': ",
      "the setting that was meant is not used",
      "correct it in the boot loader's configuration and reboot",
    ],
    [
      "/etc/exitrd.conf",
      "[Exitrd]\nRecord=off\nTimeot=90s\n",
      "/etc/exitrd.conf:3: unknown key 'Timeot' (did you mean 'Timeout'?), ignoring",
      "it has no effect",
      "correct it, then: exitrd load",
    ],
    [
      "/etc/exitrd.conf",
      "[Exitrd]\nRecord=off\nWipe=maybe\n",
      "/etc/exitrd.conf:3: cannot read Wipe='maybe': ",
      "the strictest value is used, since what was meant is not known",
      "correct it, then: exitrd load",
    ],
    [
      "/var/lib/exitrd/exitrd.img",
      makeImage({ ...imageInput, version: "0.0.1" }, 0, fakeCodec),
      "cannot load '/var/lib/exitrd/exitrd.img': exitrd 0.0.1 built it, and the package has 1.2.3",
      "the package's image is loaded instead, without what was added to this one",
      "exitrd build with the same options as before, or: rm /var/lib/exitrd/exitrd.img; then: exitrd load",
    ],
  ])("has a cure for %s that fits it (%#)", (path, data, what, why, cure) => {
    const host = makeHost();
    host.putFile(path, data);
    run(["load"], host);
    host.printed = "";
    expect(run(["check"], host)).toBe(1);
    const [, found = "", ...lines] = host.printed.split("\n").slice(1);
    expect(found).toContain(`warning: ${what}`);
    expect(lines.slice(0, 2)).toEqual([`  why:  ${why}`, `  cure: ${cure}`]);
  });

  test("reads no LUKS header unless exitrd has extended a PCR", () => {
    const dm = { name: "data", uuid: "CRYPT-LUKS2-abc-data", targets: [] };
    const snapshot = makeSnapshot(
      [],
      [makeDevice("sdb", "8:16"), makeDevice("dm-0", "253:0", ["sdb"], { dm: dm as never })],
    );
    const listRead = (measurement: Measurement): readonly string[] => {
      const host = makeHost();
      const read: string[] = [];
      host.observe = () => snapshot;
      host.readStart = (name) => {
        read.push(name);
        return new Uint8Array();
      };
      host.layers.at(-1)?.nodes.set("/run/initramfs/etc/exitrd.measured", {
        ...{ kind: "file", mode: 0o600, dev: "0:1" },
        data: toBytes(stringifyMeasurement(measurement)),
      });
      run(["check"], host);
      return read;
    };
    expect(listRead({ kind: "measured", items: [] })).toEqual(["sdb"]);
    expect(listRead({ kind: "unmeasured", reason: { kind: "off" } })).toEqual([]);
  });

  test("fails with a status that no finding has", () => {
    const host = makeHost();
    const replaceFile = host.writableFiles.replaceFile.bind(host.writableFiles);
    host.writableFiles.replaceFile = (path, data, mode) => {
      if (path === motd) throw sysError("open", "ENOSPC", path);
      replaceFile(path, data, mode);
    };
    host.putFile("/proc/cmdline", "exitrd.break=after-umount");
    expect(run(["check", "--motd", motd], host)).toBe(3);
    expect(host.printed).toMatch(/^error: .*exitrd\.break=after-umount$/m);
    expect(run(["check"], host)).toBe(2);
    // Of the three, only warnings (1) leave the unit in order.
    const unit = new URL("../../integration/systemd/exitrd-check.service", import.meta.url);
    expect(/^SuccessExitStatus=(.*)$/m.exec(readFileSync(unit, "utf8"))?.[1]).toBe("1");
  });

  test("removes only a regular file, and reports a place that takes no line", () => {
    const host = makeHost();
    host.putFile("/run/real", "old");
    host.putLink("/run/link", "real");
    expect(run(["check", "--motd", "/run/link"], host)).toBe(0);
    expect(host.text("/run/real")).toBe("old");
    expect(host.files.status("/run/link")).toBeUndefined();
    host.putLink("/run/link", "/dev/null");
    host.putDevice("/dev/null");
    expect(run(["check", "--motd", "/run/link"], host)).toBe(0);
    expect(host.files.status("/run/link")?.kind).toBe("other");
    expect(run(["check", "--motd", "/run/motd.d"], host)).toBe(3);
    expect(host.said).toContain(
      "exitrd: cannot write '/run/motd.d': Is a directory: name another file with --motd",
    );
  });

  test("exits with 1 for a warning, and leaves a line for logins", () => {
    const host = makeHost();
    host.putFile("/etc/exitrd.conf", "[Exitrd]\nRecord=off\nTimeout=60s\n");
    expect(run(["check", "--motd", motd], host)).toBe(1);
    expect(host.printed).toBe(
      "the next shutdown may not be clean: 1 warning\n\n" +
        "warning: the configuration was changed after it was loaded\n" +
        "  why:  the shutdown uses the settings of the loaded tree\n" +
        "  cure: exitrd load\n",
    );
    expect(host.text(motd)).toBe(
      "exitrd: the next shutdown may not be clean: 1 warning: see 'exitrd check'; once cured: 'systemctl start exitrd-check.service'\n",
    );
  });

  test("writes the numbers of findings for node_exporter, if there is one", () => {
    const host = makeHost();
    host.putFile("/proc/cmdline", "exitrd.break=after-umount");
    expect(run(["check", "--metrics", "/textfiles/exitrd-check.prom"], host)).toBe(2);
    expect(host.text("/textfiles/exitrd-check.prom")).toBeUndefined();
    host.putDirectory("/textfiles");
    run(["check", "--metrics", "/textfiles/exitrd-check.prom"], host);
    const lines = host.text("/textfiles/exitrd-check.prom")?.split("\n");
    expect(lines?.filter((line) => !line.startsWith("#"))).toEqual([
      'exitrd_check_findings{severity="error"} 1',
      'exitrd_check_findings{severity="warning"} 0',
      'exitrd_check_findings{severity="note"} 0',
      'exitrd_check_kind_findings{kind="debug-shell",severity="error"} 1',
      `exitrd_check_timestamp_seconds ${host.now() / 1000}`,
      "",
    ]);
  });

  test("writes files that every user can read, whatever the umask is", () => {
    const host = makeHost();
    host.umask = 0o077;
    host.putFile("/proc/cmdline", "exitrd.break=after-umount");
    host.putDirectory("/textfiles");
    const metrics = "/textfiles/exitrd-check.prom";
    expect(run(["check", "--motd", motd, "--metrics", metrics], host)).toBe(2);
    expect([motd, metrics].map((path) => host.files.status(path)?.mode)).toEqual([0o644, 0o644]);
  });

  test("prints the findings even if no file can be written, and one line for each", () => {
    const host = makeHost();
    host.putFile("/proc/cmdline", "exitrd.break=after-umount");
    host.putDirectory("/textfiles");
    host.writableFiles.writeOutput = (path) => {
      throw sysError("open", "ENOSPC", path);
    };
    const files = ["--motd", motd, "--metrics", "/textfiles/exitrd.prom"];
    const said = [
      `cannot write '${motd}': No space left on device: name another file with --motd`,
      "cannot write '/textfiles/exitrd.prom': No space left on device: name another file with --metrics",
    ];
    host.said.length = 0;
    host.printed = "";
    expect(run(["check", ...files], host)).toBe(3);
    expect(host.printed).toMatch(/^error: .*exitrd\.break=after-umount$/m);
    expect(host.said).toEqual(said.map((line) => `exitrd: ${line}`));
    host.printed = "";
    expect(run(["check", "--json", ...files], host)).toBe(3);
    const { ok, exitStatus, messages, result } = JSON.parse(host.printed);
    expect({ ok, exitStatus, messages }).toEqual({ ok: false, exitStatus: 3, messages: said });
    expect(result.findings[0].kind).toBe("debug-shell");
  });

  test("exits with 2 for an error, also as JSON", () => {
    const host = makeHost();
    host.putFile("/proc/cmdline", "exitrd.break=after-umount");
    expect(run(["check", "--json"], host)).toBe(2);
    expect(JSON.parse(host.printed)).toMatchObject({
      command: "check",
      ok: false,
      exitStatus: 2,
      result: {
        findings: [
          {
            ...{ kind: "debug-shell", severity: "error" },
            fields: { stage: "after-umount" },
            what: "the kernel command line has exitrd.break=after-umount",
          },
        ],
      },
    });
  });

  test("reports facts that could not be read in time", () => {
    const host = makeHost();
    host.askAll = () => ({});
    host.observe = () => undefined;
    expect(run(["check"], host)).toBe(1);
    expect(host.printed).toContain("warning: the storage could not be checked in time\n");
    expect(host.printed).toContain("warning: the image could not be checked in time\n");
  });
});
