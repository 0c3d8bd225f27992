import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { cacheDir } from "../../tools/cache.ts";
import { findMedian } from "../median.ts";
import { buildPrograms, type Programs, runProgram } from "./exitrd-program.ts";
import { openRun } from "./fake-run.ts";

let programs: Programs;
let dir: string;

beforeAll(async () => {
  programs = await buildPrograms();
  dir = mkdtempSync(join(cacheDir("test-native"), "build-"));
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

function buildArgs(shutdown: string, output: string): string[] {
  return ["build", "--shutdown", shutdown, "--output", output];
}

function time(call: () => void): number {
  const start = performance.now();
  call();
  return performance.now() - start;
}

test("the command line is not accepted as the program for PID 1", () => {
  const output = join(dir, "cli.img");
  expect(runProgram(programs.exitrd, buildArgs(programs.exitrd, output))).toMatchObject({
    ...{ status: 1, stdout: "" },
    stderr: expect.stringMatching(/^exitrd: cannot build: '.*' is not an exitrd-shutdown: .*\n$/),
  });
  expect(existsSync(output)).toBe(false);
});

describe("two builds", () => {
  test("in different directories, with another umask, time and mode, give the same bytes", () => {
    const [one, two] = [join(dir, "one"), join(dir, "two", "deeper")];
    mkdirSync(one);
    mkdirSync(two, { recursive: true });
    copyFileSync(programs.shutdown, join(two, "program"));
    utimesSync(join(two, "program"), 1, 1);
    expect(
      runProgram(programs.exitrd, buildArgs(programs.shutdown, join(one, "a.img"))).status,
    ).toBe(0);
    const command = `umask 077 && chmod 700 program && exec '${programs.exitrd}' build --shutdown program --output b.img`;
    expect(
      runProgram("sh", ["-c", `cd '${two}' && ${command}`], { TZ: "Asia/Tokyo", LANG: "tr_TR" })
        .status,
    ).toBe(0);
    expect(readFileSync(join(one, "a.img")).equals(readFileSync(join(two, "b.img")))).toBe(true);
  });

  test("differ by SOURCE_DATE_EPOCH only, and reject an invalid one", () => {
    const output = join(dir, "epoch.img");
    const build = (epoch: string) =>
      runProgram(programs.exitrd, buildArgs(programs.shutdown, output), {
        SOURCE_DATE_EPOCH: epoch,
      });
    expect(build("1000000000").status).toBe(0);
    const listing = runProgram("sh", ["-c", `zstd -dcq '${output}' | cpio -itv --quiet`]);
    const entries = listing.stdout.trimEnd().split("\n");
    expect(entries.length).toBeGreaterThan(10);
    for (const entry of entries) expect(entry).toMatch(/Sep {2}9 {2}2001/);
    expect(build("yesterday")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("SOURCE_DATE_EPOCH"),
    });
  });
});

test.each([-512, 0, 512])("an archive of 2 MiB and %i bytes can be read again", (distance) => {
  const [output, hook] = [join(dir, "edge.img"), join(dir, "10-edge")];
  const build = (size: number) => {
    const program = readFileSync(programs.shutdown);
    writeFileSync(hook, Buffer.concat([program, Buffer.alloc(size - program.length)]));
    chmodSync(hook, 0o755);
    const args = [...buildArgs(programs.shutdown, output), "--hook", hook];
    expect(runProgram(programs.exitrd, args)).toMatchObject({ status: 0 });
    const { stdout, stderr } = runProgram(programs.exitrd, ["inspect", "--json", output]);
    expect(stderr).toBe("");
    return Number(JSON.parse(stdout).result.unpackedSizeBytes);
  };
  const size = 2 ** 20;
  const other = build(size) - size;
  const wanted = 2 ** 21 + distance;
  expect(build(wanted - other)).toBe(wanted);
});

describe("a failed build leaves the old image, and no temporary file", () => {
  test.each([
    ["a dynamic program", () => "/bin/ls", /'\/bin\/ls' is not statically linked/],
    ["a script", () => "/bin/ldd", /is not a 64-bit little-endian ELF file|No such file/],
    ["a missing program", () => join(dir, "nothing"), /No such file or directory/],
    ["a truncated program", truncateProgram, /is a truncated ELF file/],
  ])("for %s", (_, shutdown, reason) => {
    const place = mkdtempSync(join(dir, "failed-"));
    const output = join(place, "exitrd.img");
    writeFileSync(output, "old");
    const result = runProgram(programs.exitrd, buildArgs(shutdown(), output));
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(reason);
    expect(result.stderr.split("\n")).toHaveLength(2);
    expect(readFileSync(output, "utf8")).toBe("old");
    expect(readdirSync(place)).toEqual(["exitrd.img"]);
  });

  test("for a full disk", async () => {
    const machine = await openRun("size=64k", "echo old >/run/exitrd.img");
    onTestFinished(() => machine.close());
    const result = machine.run(programs.exitrd, ...buildArgs(programs.shutdown, "/run/exitrd.img"));
    expect(result).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("No space left on device"),
    });
    expect(machine.run("sh", "-c", "ls -A /run; cat /run/exitrd.img").stdout).toBe(
      "exitrd.img\nold\n",
    );
  });
});

function truncateProgram(): string {
  const path = join(dir, "truncated");
  writeFileSync(path, readFileSync(programs.shutdown).subarray(0, 200_000));
  return path;
}

test("sizes and times meet their targets", async () => {
  const output = join(dir, "size.img");
  const machine = await openRun("mode=0755,noexec");
  onTestFinished(() => machine.close());
  const build = () =>
    expect(runProgram(programs.exitrd, buildArgs(programs.shutdown, output)).status).toBe(0);
  const builds = Array.from({ length: 5 }, () => time(build));
  // By a small shell: starting a program takes this process, which is large, as long as loading.
  const script = `for round in 1 2 3 4 5 6 7 8 9; do
    "$0" unload 2>/dev/null
    begin=\${EPOCHREALTIME/./}
    "$0" load --image "$1" 2>/dev/null || exit
    echo $((\${EPOCHREALTIME/./} - begin))
  done`;
  const timed = machine.run("bash", "-c", script, programs.exitrd, output);
  expect(timed.status).toBe(0);
  const loads = timed.stdout
    .trim()
    .split("\n")
    .map((micros) => Number(micros) / 1000);
  expect(loads).toHaveLength(9);
  const sizes = {
    program: statSync(programs.shutdown).size,
    image: statSync(output).size,
    loaded: Number(machine.run("du", "-sB1", "/run/initramfs").stdout.split("\t")[0]),
  };
  const [buildMs, loadMs] = [findMedian(builds), findMedian(loads)];
  console.log(JSON.stringify({ ...sizes, buildMs, loadMs }));
  expect(sizes.program).toBeLessThanOrEqual(800 * 1024);
  expect(sizes.image).toBeLessThanOrEqual(450 * 1024);
  expect(sizes.loaded).toBeLessThanOrEqual(1000 * 1024);
  expect(buildMs).toBeLessThanOrEqual(300);
  expect(loadMs).toBeLessThanOrEqual(50);
});
