import { describe, expect, test } from "vitest";
import { defaultShutdown, defaultTarget } from "../../src/cli/command.ts";
import { run } from "../../src/cli/run.ts";
import { packageImage } from "../../src/load/image-places.ts";
import { makeImage } from "../../src/pack/make-image.ts";
import { toBytes } from "../../src/text/bytes.ts";
import { escapeControls } from "../../src/text/show-bytes.ts";
import { failCall } from "../fake/fail-call.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { fakeCodec, imageInput, makeShutdown } from "../fake/image-inputs.ts";

function makeHost(): FakeHost {
  const host = new FakeHost();
  host.putFile(defaultShutdown, makeShutdown());
  host.putFile(packageImage, makeImage(imageInput, 0, fakeCodec));
  return host;
}

function execute(line: string, host: FakeHost) {
  host.printed = "";
  host.said.length = 0;
  const code = run(line.split(" "), host);
  return { code, printed: host.printed, said: [...host.said] };
}

test("a directory has one name, whether given with a trailing slash, by a link or with '..'", () => {
  const host = makeHost();
  host.putLink("/way", defaultTarget);
  const names = [`${defaultTarget}/`, `${defaultTarget}//`, "/way", "/run/../run/initramfs"];
  for (const name of names) {
    host.putDirectory(defaultTarget);
    expect(execute(`load --target ${name}`, host)).toMatchObject({ code: 0 });
    expect(execute(`status --target ${name}`, host).printed).toContain(
      `${defaultTarget}: version 1.2.3, intact`,
    );
    expect(execute(`unload --target ${name}`, host)).toMatchObject({
      said: [`exitrd: unloaded '${defaultTarget}'`],
    });
  }
});

test("a missing one is created at its path", () => {
  const host = makeHost();
  expect(execute("load --target /run/../run/new/", host).code).toBe(0);
  const { code, printed } = execute("status --target /run/new", host);
  expect(code).toBe(1);
  expect(printed).toContain("shutdown: not through exitrd: systemd looks at /run/initramfs only\n");
  expect(printed).toContain("/run/new: version 1.2.3, intact");
});

test.each(["/", "/run/other"])("a file system that is mounted at %s is not covered", (target) => {
  const host = makeHost();
  if (target !== "/") {
    host.putDirectory(target);
    const nodes = new Map([[target, { kind: "directory", mode: 0o755, dev: "0:9" } as const]]);
    host.layers.push({ target, nodes, isSealed: () => false });
  }
  const { code, said } = execute(`load --target ${target}`, host);
  expect(code).toBe(1);
  expect(said).toEqual([
    `exitrd: cannot load into '${target}': another file system is mounted there: name an empty directory, or use --force`,
  ]);
});

test("a snapshot passes through standard input and output", () => {
  const host = makeHost();
  const { printed } = execute("snapshot --output -", host);
  expect(host.names().filter((name) => name.endsWith("-"))).toEqual([]);
  host.input = toBytes(printed);
  expect(execute("plan --snapshot -", host).code).toBe(0);
  expect(execute("snapshot", host).printed).toBe(printed);
});

test("an image can be written to a device, and read from standard input", () => {
  const host = makeHost();
  host.putDevice("/dev/null");
  expect(execute("build --output /dev/null", host).code).toBe(0);
  expect(host.files.status("/dev/null")?.kind).toBe("other");
  host.input = new Uint8Array(host.files.readBytes(packageImage, 1 << 20));
  expect(execute("inspect -", host)).toMatchObject({ code: 0, said: [] });
});

test("an image that is rebuilt unchanged keeps its signature", () => {
  const host = makeHost();
  execute("build --output /own.img", host);
  host.putFile("/own.img.p7s", "signature");
  expect(execute("build --output /own.img", host).said).toHaveLength(1);
  expect(host.text("/own.img.p7s")).toBe("signature");
  execute("build --output /own.img --image-version 7", host);
  expect(host.text("/own.img.p7s")).toBeUndefined();
});

test("a failure to print is one line, except for a closed pipe", () => {
  const host = makeHost();
  const cases = [
    ["help", "print help"],
    ["help load", "print help"],
    ["load --help", "load"],
    ["version", "print the version"],
    ["plan", "plan"],
  ] as const;
  for (const [line, verb] of cases) {
    host.print = () => failCall("write", "ENOSPC");
    expect(execute(line, host)).toMatchObject({
      code: 1,
      said: [`exitrd: cannot ${verb}: standard output: No space left on device`],
    });
    host.print = () => failCall("write", "EPIPE");
    expect(execute(line, host)).toMatchObject({ code: 1, said: [] });
  }
});

test.each(["plan", "snapshot"])("%s reports devices that only root may query", (line) => {
  const host = makeHost();
  const uid = (euid: number) => `Name:\texitrd\nUid:\t0\t${euid}\t0\t0\n`;
  host.reader = { ...host.reader, readText: () => uid(65_534) };
  expect(execute(line, host)).toMatchObject({
    code: 0,
    said: ["exitrd: cannot see everything that a device uses: run it as root, ignoring"],
  });
  const { printed } = execute("snapshot", host);
  host.putFile("/recorded", printed);
  host.reader = { ...host.reader, readText: () => uid(0) };
  expect(execute(line, host).said).toEqual([]);
  // Whoever plans from it gets a warning, on any machine.
  expect(JSON.parse(printed)).toMatchObject({ unprivileged: true });
  expect(execute("plan --snapshot /recorded", host).said).toEqual([
    "exitrd: cannot plan for everything: the snapshot was not recorded by root, ignoring",
  ]);
});

test("text and the graph exclude each other", () => {
  expect(execute("plan --dot --json", makeHost()).code).toBe(2);
});

test("a message stays one line, whatever the arguments are", () => {
  expect(escapeControls("cannot read 'x\n\x1b[31mred\xff'")).toBe(
    "cannot read 'x\\n\\x1b[31mred\xff'",
  );
});

describe("switched off", () => {
  test.each(["exitrd=off", "exitrd=0", "exitrd=on exitrd=No"])(
    "by %s, nothing is loaded",
    (line) => {
      const host = makeHost();
      host.putFile("/proc/cmdline", `quiet ${line}\n`);
      expect(execute("load", host)).toMatchObject({
        code: 0,
        said: ["exitrd: loaded nothing: 'exitrd=off' is on the kernel command line"],
      });
      expect(execute("status", host).code).toBe(1);
      expect(execute("load --force", host).code).toBe(0);
      expect(execute("status", host).code).toBe(3);
    },
  );

  test("but not by an unknown word, which is reported", () => {
    const host = makeHost();
    host.putFile("/proc/cmdline", "exitrd=of\n");
    expect(execute("load", host).said[0]).toBe(
      "exitrd: /proc/cmdline: cannot read 'exitrd=of': expected on or off, ignoring",
    );
    expect(execute("status", host).code).toBe(0);
  });
});
