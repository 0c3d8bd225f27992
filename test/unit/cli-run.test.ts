import { describe, expect, test } from "vitest";
import { defaultShutdown, defaultTarget } from "../../src/cli/command.ts";
import { commands } from "../../src/cli/commands.ts";
import { run } from "../../src/cli/run.ts";
import { localImage, packageImage } from "../../src/load/image-places.ts";
import { makeImage } from "../../src/pack/make-image.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { fakeCodec, imageInput, makeElf, makeShutdown } from "../fake/image-inputs.ts";

function makeHost(): FakeHost {
  const host = new FakeHost();
  host.putFile(defaultShutdown, makeShutdown());
  host.putFile(packageImage, makeImage(imageInput, 0, fakeCodec));
  return host;
}

function execute(line: string, host = makeHost()) {
  const code = run(line.split(" ").filter(Boolean), host);
  return { code, printed: host.printed, said: host.said };
}

describe("a usage error exits with 2 and points to the help", () => {
  test.each([
    ["", "exitrd: cannot run: no command given: see 'exitrd help'"],
    ["bild", "exitrd: cannot run 'bild': unknown command: did you mean 'build'?"],
    ["stat", "exitrd: cannot run 'stat': unknown command: did you mean 'status'?"],
    ["sta", "exitrd: cannot run 'sta': unknown command: did you mean 'status'?"],
    ["-V", "exitrd: cannot run '-V': options come after the command: see 'exitrd help'"],
    [
      "status x",
      "exitrd: cannot print the status: unexpected operand 'x': see 'exitrd status --help'",
    ],
    ["help bild", "exitrd: cannot run 'bild': unknown command: did you mean 'build'?"],
    ["help build load", "exitrd: cannot print help: unexpected operand 'load': see 'exitrd help'"],
    ["load --frce", "exitrd: cannot load: unknown option '--frce': did you mean '--force'?"],
    ["load -f", "exitrd: cannot load: unknown option '-f': see 'exitrd load --help'"],
    [
      "load --force=1",
      "exitrd: cannot load: option '--force' takes no value: see 'exitrd load --help'",
    ],
    ["load --image", "exitrd: cannot load: option '--image' needs FILE: see 'exitrd load --help'"],
    ["load --image=", "exitrd: cannot load: option '--image' needs FILE: see 'exitrd load --help'"],
    ["load x", "exitrd: cannot load: unexpected operand 'x': see 'exitrd load --help'"],
    ["inspect", "exitrd: cannot inspect: missing operand IMAGE: see 'exitrd inspect --help'"],
    ["inspect a b", "exitrd: cannot inspect: unexpected operand 'b': see 'exitrd inspect --help'"],
    [
      "build --architecture pdp11",
      /^exitrd: cannot build: unknown architecture 'pdp11', expected one of aarch64, /,
    ],
  ])("%s", (line, message) => {
    const { code, printed, said } = execute(line);
    expect({ code, printed }).toEqual({ code: 2, printed: "" });
    expect(said).toEqual([expect.stringMatching(message)]);
  });

  test("with a SOURCE_DATE_EPOCH that is not a time", () => {
    for (const epoch of ["", "yesterday", "-1", "4294967296"]) {
      const host = makeHost();
      host.environment.set("SOURCE_DATE_EPOCH", epoch);
      expect(execute("build", host).code).toBe(2);
    }
  });
});

describe("help", () => {
  test("lists every command", () => {
    const { code, printed } = execute("help");
    expect(code).toBe(0);
    for (const { name } of commands) expect(printed).toContain(`\n  ${name} `);
    expect(execute("--help").printed).toBe(printed);
  });

  test.each(commands.map(({ name }) => name))("of %s fits 80 columns, by either way", (name) => {
    const { code, printed } = execute(`${name} --help`);
    expect(code).toBe(0);
    if (name !== "help") expect(execute(`help ${name}`).printed).toBe(printed);
    for (const line of printed.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test("is printed regardless of other arguments", () => {
    expect(execute("load --image x -h").code).toBe(0);
  });
});

test("-- ends the options", () => {
  expect(execute("inspect -- --json").said).toEqual([
    "exitrd: cannot read '--json': No such file or directory",
  ]);
});

test("version, as text and as JSON", () => {
  expect(execute("version").printed).toBe("exitrd 1.2.3\n");
  expect(execute("--version").printed).toBe("exitrd 1.2.3\n");
  expect(JSON.parse(execute("version --json").printed).result).toEqual({
    version: "1.2.3",
    architecture: "x86_64",
  });
});

test("build, load, status and unload work one after another", () => {
  const host = makeHost();
  expect(run(["build"], host)).toBe(0);
  expect(run(["status"], host)).toBe(1);
  expect(run(["load"], host)).toBe(0);
  expect(run(["status"], host)).toBe(0);
  expect(run(["unload"], host)).toBe(0);
  expect(run(["status"], host)).toBe(1);
  expect(host.said.map((line) => line.split(" ")[1])).toEqual(["built", "loaded", "unloaded"]);
});

test("build accepts more than one hook, and inspect lists them", () => {
  const host = makeHost();
  for (const name of ["10-a", "20-b"]) host.putFile(`/${name}`, makeElf(), 0o755);
  expect(run(["build", "--hook", "/20-b", "--hook=/10-a"], host)).toBe(0);
  expect(run(["inspect", localImage], host)).toBe(0);
  expect(host.printed).toMatch(/hooks\.d\/10-a\n.*hooks\.d\/20-b\n/);
});

test("status prints the path of each", () => {
  const host = makeHost();
  run(["load"], host);
  const { printed } = execute("status", host);
  expect(printed.split("\n").filter((line) => !line.startsWith("memory"))).toEqual([
    "shutdown: through exitrd, now and after a reboot",
    `next:     exitrd-load.service loads '${packageImage}'`,
    "init:     systemd 252 pivots into an exitrd",
    `image:    ${packageImage}: good, version 1.2.3`,
    `loaded:   ${defaultTarget}: version 1.2.3, intact, same as the image`,
    "signed:   not signed (Verify=prefer)",
    "tpm:      not measured: no TPM 2.0",
    "config:   loaded",
    "",
  ]);
});

test("status warns of a script that cuts the power while exitrd works", () => {
  const host = makeHost();
  const directory = "/usr/lib/systemd/system-shutdown";
  host.putFile(`${directory}/nutshutdown`, "#!/bin/sh\n/sbin/upsdrvctl shutdown\n", 0o755);
  host.putFile(`${directory}/mdadm.shutdown`, "#!/bin/sh\nmdadm --wait-clean --scan\n", 0o755);
  run(["load"], host);
  const { printed } = execute("status", host);
  const warning = `warning:  after a power failure, '${directory}/nutshutdown' makes the UPS cut the power while exitrd works: let the UPS wait longer`;
  expect(printed.split("\n").filter((line) => line.startsWith("warning"))).toEqual([
    expect.stringContaining(warning),
  ]);
  const json = execute("status --json", host).printed.slice(printed.length);
  expect(JSON.parse(json).result.warnings).toMatchObject([{ kind: "power" }]);
});

test("status warns of a passphrase in free memory, unless the administrator has decided", () => {
  const warn = (uuid: string, conf = "", commandLine = "quiet"): readonly string[] => {
    const host = makeHost();
    host.putFile("/sys/class/block/sda/dev", "8:0\n");
    host.putFile("/sys/class/block/dm-0/dm/uuid", `${uuid}\n`);
    host.putFile("/proc/meminfo", "MemTotal: 4194304 kB\nMemAvailable: 1572864 kB\n");
    host.putFile("/proc/cmdline", `${commandLine}\n`);
    host.putFile("/etc/exitrd.conf", `[Exitrd]\n${conf}`);
    run(["load"], host);
    const { printed } = execute("status", host);
    return printed.split("\n").filter((line) => line.includes("passphrase"));
  };
  const luks = "CRYPT-LUKS2-0123456789abcdef0123456789abcdef-root";
  expect(warn(luks)).toEqual([
    "warning:  a passphrase may stay in memory that programs have freed: 'Wipe=yes' erases it at shutdown, in up to 2.5 s per GiB of free memory, now 1.5 GiB; 'Wipe=no' hides this warning",
  ]);
  expect(warn(luks, "", "init_on_free=1 init_on_free=off")).toHaveLength(1);
  expect(warn(luks, "", "init_on_free=1")).toEqual([]);
  expect(warn(luks, "", "exitrd.wipe=yes")).toEqual([]);
  expect(warn(luks, "Wipe=yes\n")).toEqual([]);
  expect(warn(luks, "Wipe=no\n")).toEqual([]);
  expect(warn("LVM-0123456789abcdef")).toEqual([]);
  expect(warn("CRYPT-VERITY-0123456789abcdef-usr")).toEqual([]);
  expect(warn("CRYPT-INTEGRITY-0123456789abcdef-data")).toEqual([]);
});

test("status does not warn of a passphrase if each key is random", () => {
  const warn = (crypttab: string, more: Readonly<Record<string, string>> = {}): number => {
    const host = makeHost();
    const devices = { "CRYPT-PLAIN-cryptswap": "cryptswap", ...more };
    for (const [index, [uuid, name]] of Object.entries(devices).entries()) {
      host.putFile(`/sys/class/block/dm-${index}/dm/uuid`, `${uuid}\n`);
      host.putFile(`/sys/class/block/dm-${index}/dm/name`, `${name}\n`);
    }
    host.putFile("/etc/crypttab", crypttab);
    run(["load"], host);
    const { printed } = execute("status", host);
    return printed.split("\n").filter((line) => line.includes("passphrase")).length;
  };
  const swap = "# swap\ncryptswap\t/dev/sda2 /dev/urandom  swap,cipher=aes-xts-plain64\n";
  expect(warn(swap)).toBe(0);
  expect(warn(swap, { "CRYPT-LUKS2-0123-root": "root" })).toBe(1);
  // A plain device of that name that crypttab does not key.
  expect(warn(`#${swap.split("\n")[1]}\n`)).toBe(1);
  expect(warn("cryptswap /dev/sda2 none swap\n")).toBe(1);
  expect(warn("")).toBe(1);
  // LUKS has a key that lasts, whatever crypttab says.
  expect(warn(`${swap}root /dev/sda3 /dev/urandom\n`, { "CRYPT-LUKS1-0-root": "root" })).toBe(1);
});

test("status names another program's exitrd, and a bad image", () => {
  const host = makeHost();
  host.putDirectory(defaultTarget);
  host.putFile(`${defaultTarget}/shutdown`, "", 0o755);
  host.putFile(packageImage, "rubbish");
  const { code, printed } = execute("status", host);
  expect(code).toBe(1);
  expect(printed).toContain("another program's exitrd");
  expect(printed).toContain(
    "bad: it is not a complete exitrd image (no zstd data): reinstall the package or run 'exitrd build'",
  );
});

test("inspect lists what is in an image", () => {
  const { code, printed } = execute(`inspect ${packageImage}`);
  expect(code).toBe(0);
  expect(printed).toMatch(/^exitrd 1\.2\.3 for x86_64, IMAGE_VERSION 1002003\n/);
  expect(printed).toMatch(/\n0755 {9}- -{1} {16}dev\/\n/);
  expect(printed).toMatch(/\n0555 {7}120 [0-9a-f]{16} shutdown\n$/);
});

test("inspect exits with 1 for a bad image", () => {
  const host = makeHost();
  host.putFile("/bad", "rubbish");
  expect(execute("inspect /bad", host)).toMatchObject({
    code: 1,
    printed: "",
    said: [
      "exitrd: cannot inspect '/bad': it is not a complete exitrd image (no zstd data): reinstall the package or run 'exitrd build'",
    ],
  });
});

test("a snapshot can be planned for on another machine", () => {
  const host = makeHost();
  const { printed } = execute("snapshot", host);
  host.putFile("/snapshot", printed);
  expect(execute("snapshot --output /written", host).code).toBe(0);
  expect(host.text("/written")).toBe(printed);
  expect(execute("plan --snapshot /snapshot", host).code).toBe(0);
  expect(JSON.parse(execute("plan --json").printed).result).toMatchObject({ steps: [] });
  expect(execute("plan --dot").printed).toMatch(/^digraph /);
});

test("an invalid snapshot is rejected", () => {
  const host = makeHost();
  host.putFile("/snapshot", "{}");
  const { code, said } = execute("plan --snapshot /snapshot", host);
  expect(code).toBe(1);
  expect(said).toEqual([
    expect.stringMatching(/^exitrd: cannot read '\/snapshot': .*: use a file/),
  ]);
});

test("without privileges it prints what to do", () => {
  const host = makeHost();
  host.failures.set("open /dev/mapper/control", "EACCES");
  expect(execute("plan", host)).toMatchObject({
    code: 1,
    said: ["exitrd: cannot read '/dev/mapper/control': Permission denied: run it as root"],
  });
});

test("commands that only read do not use ports that change the machine", () => {
  const host = makeHost();
  host.putFile("/snapshot", execute("snapshot").printed);
  for (const key of ["writableFiles", "trees", "extensionTrees", "commands", "staged"] as const) {
    const value = new Proxy(host[key], {
      get() {
        throw new Error(`${key} was asked for`);
      },
    });
    Object.defineProperty(host, key, { value, enumerable: true });
  }
  for (const line of ["plan", "plan --snapshot /snapshot", "snapshot", `inspect ${packageImage}`]) {
    expect(execute(line, host).code).toBe(0);
  }
  expect(execute("status", host).code).toBe(1);
  expect(execute(`diff ${packageImage} ${packageImage}`, host).code).toBe(0);
  expect(execute("version", host).code).toBe(0);
});

test.each(["plan", "snapshot"])("%s reports that the machine cannot be observed", (line) => {
  const host = makeHost();
  host.observe = () => undefined;
  expect(execute(line, host)).toEqual({
    code: 1,
    printed: "",
    said: ["exitrd: cannot observe this machine: /proc or /sys is not readable: mount both"],
  });
});
