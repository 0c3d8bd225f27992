import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Command } from "../../src/cli/command.ts";
import { commands } from "../../src/cli/commands.ts";
import { cacheDir } from "../../tools/cache.ts";
import { buildPrograms, type Programs } from "./exitrd-program.ts";
import { type FakeRun, openRun } from "./fake-run.ts";

let programs: Programs;
let machine: FakeRun;
let dir: string;

beforeAll(async () => {
  programs = await buildPrograms();
  dir = mkdtempSync(join(cacheDir("test-native"), "wrong-"));
  machine = await openRun("mode=0755");
  mkdirSync(join(dir, "folder"));
  writeFileSync(join(dir, "empty"), "");
  writeFileSync(
    join(dir, "garbage"),
    Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 37) % 256)),
  );
  writeFileSync(join(dir, "text"), '{"format": 1, "mounts": 7}\n');
  writeFileSync(join(dir, "script"), "echo\n", { mode: 0o755 });
});

afterAll(() => {
  machine?.close();
  rmSync(dir, { recursive: true, force: true });
});

interface Call {
  readonly args: readonly string[];
  /** The exit statuses that exitrd(8) documents for it. */
  readonly exits: readonly number[];
}

const operandNames = ["DIR/none", "DIR/folder", "DIR/empty", "DIR/garbage", "DIR/text"];
const oddNames = [
  "/dev/null",
  "/dev/zero",
  "/proc/self/mem",
  "DIR/a/b/c",
  "x".repeat(300),
  "\x1b[31m\nx",
];
const oddOutputs = ["DIR/folder", "/dev/full", "/proc/version", "DIR/none/file", "/sys/x"];

/** As many operands as the command requires. */
function operandsOf(command: Command, name: string): readonly string[] {
  const wanted = [command.operand, command.second].filter(
    (operand) => operand !== undefined && !operand.startsWith("["),
  );
  return wanted.map(() => name);
}

/** Calls whose command line itself is wrong. */
function listMisuses(command: Command): readonly Call[] {
  const { name } = command;
  const operands = operandsOf(command, "DIR/none");
  const valued = command.options.filter(({ value }) => value !== undefined);
  const flags = command.options.filter(({ value }) => value === undefined);
  const misuses = [
    [name, "--no-such-option", ...operands],
    [name, "-x", ...operands],
    [name, "---", ...operands],
    [name, `--${"y".repeat(5000)}`, ...operands],
    [name, "--\x1b[31m\n", ...operands],
    [name, ...operands, "one", "two", "three"],
    [name, "--json=yes", ...operands],
    ...(operands.length > 0 ? [[name], [name, "--"]] : []),
    ...valued.flatMap((option) => [
      [name, ...operands, option.name],
      [name, `${option.name}=`, ...operands],
      [name, option.name.slice(0, -1), ...operands],
    ]),
    ...flags.map((option) => [name, `${option.name}=1`, ...operands]),
  ];
  const isHelp = name === "help";
  return misuses.map((args) => ({ args, exits: isHelp ? [2] : [2] }));
}

/** Calls whose command line is right, but names something invalid. */
function listFailures(command: Command): readonly Call[] {
  const { name, options } = command;
  const failures: Call[] = [];
  // A pivot takes a verb, and none of these is one.
  const exits = name === "diff" || name === "pivot" ? [2] : [1];
  if (operandsOf(command, "").length > 0) {
    for (const operand of [...operandNames, ...oddNames]) {
      failures.push({ args: [name, "--", ...operandsOf(command, operand)], exits });
    }
  }
  const named: Readonly<Record<string, readonly string[]>> = {
    plan: ["--snapshot"],
    load: ["--image"],
    build: ["--shutdown", "--hook", "--tool", "--shell", "--sysext", "--system-shutdown"],
  };
  for (const option of named[name] ?? []) {
    for (const file of [...operandNames, ...oddNames, "DIR/script"]) {
      const rest = name === "build" ? ["--output", "DIR/out"] : [];
      const shutdown =
        name === "build" && option !== "--shutdown" ? ["--shutdown", "SHUTDOWN"] : [];
      // A script without '#!' is only text: the option decides how it fails.
      failures.push({ args: [name, option, file, ...shutdown, ...rest], exits: [1] });
    }
  }
  if (options.some((option) => option.name === "--output")) {
    for (const output of oddOutputs) {
      const rest = name === "build" ? ["--shutdown", "SHUTDOWN"] : [];
      failures.push({ args: [name, "--output", output, ...rest], exits: [1] });
    }
  }
  return failures;
}

const others: readonly Call[] = [
  { args: [], exits: [2] },
  ...["", "lod", "statsu", "x".repeat(5000), "\x1b[31m\n", "--", "-", "--vresion", "LOAD"].map(
    (word) => ({ args: [word], exits: [2] }),
  ),
  { args: ["help", "nothing"], exits: [2] },
  { args: ["build", "--architecture", "pdp11"], exits: [2] },
  { args: ["build", "--image-version", "1.5"], exits: [2] },
  { args: ["plan", "--dot", "--json"], exits: [2] },
  { args: ["status", "--print-image", "--json"], exits: [2] },
  { args: ["record", "--begin", "--end"], exits: [2] },
  { args: ["report", "--html", "--json"], exits: [2] },
  { args: ["report", "--list", "--html"], exits: [2] },
  { args: ["report", "--list", "--metrics", "DIR/none"], exits: [2] },
  { args: ["report", "--list", "--boot", "-2"], exits: [2] },
  { args: ["sign", "--key", "DIR/none"], exits: [2] },
  ...operandNames.map((name) => ({
    args: ["sign", "--key", name, "--cert", name, "DIR/garbage"],
    exits: [1],
  })),
];

const calls = [
  ...commands.flatMap((command) => [...listMisuses(command), ...listFailures(command)]),
  ...others,
];

/** Names, types and sizes of everything in a folder. */
function listFolder(path: string): readonly string[] {
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => {
      const { mode, size } = lstatSync(join(path, name));
      return `${name} ${mode.toString(8)} ${size}`;
    });
}

function listDevices(): readonly string[] {
  return ["null", "zero", "full", "stdin", "stdout", "stderr", "fd"].map((name) => {
    const { mode, rdev } = lstatSync(`/dev/${name}`);
    return `${name} ${mode.toString(8)} ${rdev}`;
  });
}

test("there are at least 300 wrong calls", () => {
  expect(calls.length).toBeGreaterThanOrEqual(300);
  console.log(`${calls.length} wrong calls`);
});

test("each has only an exit status and one line, with --json also one object", () => {
  const words: Readonly<Record<string, string>> = { DIR: dir, SHUTDOWN: programs.shutdown };
  const before = {
    folder: listFolder(dir),
    devices: listDevices(),
    run: listFolder(machine.path("/run")),
  };
  const wrong: unknown[] = [];
  calls.forEach(({ args, exits }, index) => {
    const given = args.map((arg) => arg.replaceAll(/DIR|SHUTDOWN/g, (word) => words[word] ?? word));
    const isJson = index % 2 === 1 && !given.includes("--") && !given.includes("--json");
    const ended = machine.run(programs.exitrd, ...given, ...(isJson ? ["--json"] : []));
    const { status, stdout, stderr } = ended;
    const lines = stderr.split("\n");
    const isOneLine =
      lines.length === 2 && lines[1] === "" && (lines[0] ?? "").startsWith("exitrd: ");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
    const isClean = !/[\x00-\x09\x0b-\x1f\x7f-\x9f]/.test(stderr + stdout);
    const isShort = stderr.length < 1000;
    const isQuiet = given.includes("--json") || isJson ? isEnvelope(stdout, status) : stdout === "";
    if (!exits.includes(status ?? -1) || !isOneLine || !isClean || !isShort || !isQuiet) {
      wrong.push({
        args: given.map((arg) => arg.slice(0, 80)),
        isJson,
        exits,
        status,
        stderr,
        stdout: stdout.slice(0, 200),
      });
    }
  });
  expect(wrong).toEqual([]);
  expect({
    folder: listFolder(dir),
    devices: listDevices(),
    run: listFolder(machine.path("/run")),
  }).toEqual(before);
  expect(readFileSync("/dev/null")).toHaveLength(0);
}, 600_000);

function isEnvelope(stdout: string, status: number | null): boolean {
  const { exitStatus, ok, error } = JSON.parse(stdout);
  return exitStatus === status && !ok && error?.exitStatus === status;
}
