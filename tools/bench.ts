import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findPackage } from "../test/vm/find-package.ts";
import { comparePivots } from "../test/vm/measure-pivot.ts";
import { measureMass } from "../test/vm/zoo/measure-mass.ts";
import { projectRoot } from "./bundle.ts";
import { cacheDir } from "./cache.ts";
import { buildProgram } from "./program.ts";
import { run } from "./run.ts";

// Sizes and times, compared with their targets. Times are the best of several runs: other load on
// this machine can only increase them.
const dist = join(projectRoot, "dist");
const rounds = 10;
const observeSizes = [1_000, 10_000];
const planSizes = [1_000, 10_000, 20_000];
const pivotRuns = 3;
const massSizes = [100, 500, 1_000];
const comparedMass = 500;

interface Planned {
  readonly count: number;
  readonly totalMs: number;
  readonly residentKib: number;
}

function print(what: string, measured: string, target = ""): void {
  process.stdout.write(`${what.padEnd(46)}${measured.padStart(14)}  ${target}\n`);
}

function bytes(count: number): string {
  return `${count.toLocaleString("en")} B`;
}

function milliseconds(value: number): string {
  return `${value.toFixed(1)} ms`;
}

/** The best time of a command in milliseconds, including its start. */
async function time(command: string, args: readonly string[]): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await run(command, args);
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

async function measureSizes(image: string): Promise<void> {
  const { result } = JSON.parse(await run(join(dist, "exitrd"), ["inspect", "--json", image]));
  const entries: readonly { readonly sizeBytes: number | null }[] = result.entries;
  const tree = entries.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0);
  print("exitrd-shutdown", bytes(statSync(join(dist, "exitrd-shutdown")).size), "≤ 680 KB");
  print("exitrd", bytes(statSync(join(dist, "exitrd")).size));
  print("image on disk", bytes(statSync(image).size), "≤ 450 KB");
  print("files in /run/initramfs", bytes(tree), "≤ 1,000 KB");
}

async function measureImage(work: string, image: string): Promise<void> {
  const exitrd = join(dist, "exitrd");
  const shutdown = join(dist, "exitrd-shutdown");
  const build = await time(exitrd, ["build", "--shutdown", shutdown, "--output", image]);
  print("exitrd build", milliseconds(build), "≤ 300 ms");
  // In a mount namespace of its own, which vanishes when the loader exits.
  const target = join(work, "initramfs");
  mkdirSync(target);
  const empty = await time("unshare", ["--mount", "true"]);
  const args = ["--mount", exitrd, "load", "--image", image, "--target", target];
  const load = (await time("unshare", args)) - empty;
  print("exitrd load", milliseconds(load), "≤ 50 ms");
}

async function measurePlan(): Promise<void> {
  const program = join(cacheDir("bench"), "plan-scaling");
  const entry = join(projectRoot, "test/bench/plan-scaling.ts");
  await buildProgram({ entry, output: program });
  const results: Planned[] = [];
  for (const size of planSizes) {
    results.push(JSON.parse(await run(program, [String(size)])));
  }
  const [first] = results;
  for (const { count, totalMs } of results) {
    const perMount = first === undefined ? 1 : totalMs / count / (first.totalMs / first.count);
    const target = count === 10_000 ? "≤ 600 ms" : "";
    const note = `${target} (${perMount.toFixed(2)} × the time a mount of ${first?.count})`;
    print(`parse, graph and plan of ${count} mounts`, milliseconds(totalMs), note);
  }
}

/**
 * Devices that all answer. The best of several runs, since children and pipes depend on other load.
 */
async function measureObserve(): Promise<void> {
  const program = join(cacheDir("bench"), "observe-scaling");
  const entry = join(projectRoot, "test/bench/observe-scaling.ts");
  await buildProgram({ entry, output: program });
  for (const size of observeSizes) {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < rounds; round++) {
      const { mute, tookMs } = JSON.parse(await run(program, [String(size)]));
      if (mute !== 0) throw new Error(`${mute} devices gave no answer`);
      best = Math.min(best, tookMs);
    }
    print(`observing ${size} devices, text and children`, milliseconds(best));
  }
}

async function measurePivot(): Promise<void> {
  const deb = findPackage();
  if (deb === undefined) throw new Error("no package in dist/");
  const { exitrd, systemdShutdown } = await comparePivots(deb, pivotRuns, (line) => {
    process.stderr.write(`${line}\n`);
  });
  const ours = Math.min(...exitrd);
  const theirs = Math.min(...systemdShutdown);
  print("pivot to reboot(2), LVM on LUKS: exitrd", milliseconds(ours * 1000));
  print("  systemd-shutdown as /shutdown", milliseconds(theirs * 1000));
  print("  ratio", (ours / theirs).toFixed(2), "≤ 1");
}

/**
 * Many devices, each with a mounted file system: compared with systemd-shutdown, and with growing
 * numbers.
 */
async function measureMasses(): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const times: number[] = [];
  for (const count of massSizes) {
    const seconds = await measureMass(count, "exitrd", say);
    times.push(seconds / count);
    const growth = seconds / count / (times[0] ?? 1);
    print(
      `pivot to reboot(2), ${count} devices and mounts`,
      milliseconds(seconds * 1000),
      `${growth.toFixed(2)} × the time a device of ${massSizes[0]}`,
    );
    if (count !== comparedMass) continue;
    const theirs = await measureMass(count, "systemd-shutdown", say);
    print("  systemd-shutdown as /shutdown", milliseconds(theirs * 1000));
    print("  ratio", (seconds / theirs).toFixed(2), "≤ 0.5");
  }
}

await run("tsx", ["tools/package.ts"]);
const work = mkdtempSync(join(tmpdir(), "exitrd-bench-"));
try {
  const image = join(work, "exitrd.img");
  await measureImage(work, image);
  await measureSizes(image);
  await measurePlan();
  await measureObserve();
  if (!process.argv.includes("--no-vm")) {
    await measurePivot();
    await measureMasses();
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
