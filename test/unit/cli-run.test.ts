import { describe, expect, test } from "vitest";
import { defaultShutdown, defaultTarget } from "../../src/cli/command.ts";
import { commands } from "../../src/cli/commands.ts";
import { run } from "../../src/cli/run.ts";
import { localImage, packageImage } from "../../src/load/image-places.ts";
import { makeImage } from "../../src/pack/make-image.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { fakeCodec, imageInput, makeElf } from "../fake/image-inputs.ts";

function makeHost(): FakeHost {
  const host = new FakeHost();
  host.putFile(defaultShutdown, makeElf());
  host.putFile(packageImage, makeImage(imageInput, 0, fakeCodec));
  return host;
}

function execute(line: string, host = makeHost()) {
  const code = run(line.split(" ").filter(Boolean), host);
  return { code, printed: host.printed, said: host.said };
}

describe("used wrongly, it exits with 2 and says where help is", () => {
  test.each([
    ["", "exitrd: cannot run: no command given: see 'exitrd help'"],
    ["bild", "exitrd: cannot run 'bild': unknown command: see 'exitrd help'"],
    ["help bild", "exitrd: cannot run 'bild': unknown command: see 'exitrd help'"],
    ["help build load", "exitrd: cannot print help: unexpected operand 'load': see 'exitrd help'"],
    ["load --frce", "exitrd: cannot load: unknown option '--frce': see 'exitrd load --help'"],
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

  test("is found regardless of its neighbors", () => {
    expect(execute("load --image x -h").code).toBe(0);
  });
});

test("-- ends the options", () => {
  expect(execute("inspect -- --json").said).toEqual([
    "exitrd: cannot inspect: '--json': No such file or directory",
  ]);
});

test("version, as text and as JSON", () => {
  expect(execute("version").printed).toBe("exitrd 1.2.3\n");
  expect(execute("--version").printed).toBe("exitrd 1.2.3\n");
  expect(JSON.parse(execute("version --json").printed)).toEqual({
    version: "1.2.3",
    machine: "x86_64",
  });
});

test("build, load, status, unload: a life of a tree", () => {
  const host = makeHost();
  expect(run(["build"], host)).toBe(0);
  expect(run(["status"], host)).toBe(1);
  expect(run(["load"], host)).toBe(0);
  expect(run(["status"], host)).toBe(0);
  expect(run(["unload"], host)).toBe(0);
  expect(run(["status"], host)).toBe(1);
  expect(host.said.map((line) => line.split(" ")[1])).toEqual(["built", "loaded", "unloaded"]);
});

test("build takes more than one hook, and inspect lists them", () => {
  const host = makeHost();
  for (const name of ["10-a", "20-b"]) host.putFile(`/${name}`, makeElf(), 0o755);
  expect(run(["build", "--hook", "/20-b", "--hook=/10-a"], host)).toBe(0);
  expect(run(["inspect", localImage], host)).toBe(0);
  expect(host.printed).toMatch(/hooks\.d\/10-a\n.*hooks\.d\/20-b\n/);
});

test("status says where each of them stands", () => {
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

test("status names another program's exitrd, and a bad image", () => {
  const host = makeHost();
  host.putDirectory(defaultTarget);
  host.putFile(`${defaultTarget}/shutdown`, "", 0o755);
  host.putFile(packageImage, "rubbish");
  const { code, printed } = execute("status", host);
  expect(code).toBe(1);
  expect(printed).toContain("another program's exitrd");
  expect(printed).toContain("bad: no zstd data: reinstall the package or run 'exitrd build'");
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
      "exitrd: cannot inspect '/bad': no zstd data: reinstall the package or run 'exitrd build'",
    ],
  });
});

test("a snapshot can be planned for elsewhere", () => {
  const host = makeHost();
  const { printed } = execute("snapshot", host);
  host.putFile("/snapshot", printed);
  expect(execute("snapshot --output /written", host).code).toBe(0);
  expect(host.text("/written")).toBe(printed);
  expect(execute("plan --snapshot /snapshot", host).code).toBe(0);
  expect(JSON.parse(execute("plan --json").printed)).toMatchObject({ steps: [] });
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

test("without privileges it says what to do", () => {
  const host = makeHost();
  host.failures.set("open /dev/mapper/control", "EACCES");
  expect(execute("plan", host)).toMatchObject({
    code: 1,
    said: ["exitrd: cannot plan: '/dev/mapper/control': Permission denied: run it as root"],
  });
});

test("what only looks does not reach for what changes a machine", () => {
  const host = makeHost();
  host.putFile("/snapshot", execute("snapshot").printed);
  for (const key of ["writableFiles", "trees", "extensionTrees", "commands", "staged"] as const) {
    Object.defineProperty(host, key, {
      get() {
        throw new Error(`${key} was asked for`);
      },
    });
  }
  for (const line of ["plan", "plan --snapshot /snapshot", "snapshot", `inspect ${packageImage}`]) {
    expect(execute(line, host).code).toBe(0);
  }
  expect(execute("status", host).code).toBe(1);
  expect(execute(`diff ${packageImage} ${packageImage}`, host).code).toBe(0);
  expect(execute("version", host).code).toBe(0);
});

test.each(["plan", "snapshot"])("%s says so where a machine cannot be observed", (line) => {
  const host = makeHost();
  host.observe = () => undefined;
  expect(execute(line, host)).toEqual({
    code: 1,
    printed: "",
    said: ["exitrd: cannot observe this machine: /proc and /sys are not readable: mount them"],
  });
});
