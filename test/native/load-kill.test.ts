import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cacheDir } from "../../tools/cache.ts";
import { buildPrograms, makeRandom, type Programs, runProgram } from "./exitrd-program.ts";
import { type FakeRun, openRun, readTree } from "./fake-run.ts";

const points = 60;
const complete = /^[0-9a-f]{64}$/;
let programs: Programs;
let dir: string;
let images: readonly [string, string];
let machine: FakeRun;

beforeAll(async () => {
  programs = await buildPrograms();
  dir = mkdtempSync(join(cacheDir("test-native"), "kill-"));
  images = [join(dir, "one.img"), join(dir, "two.img")];
  const [one, two] = images;
  const build = ["build", "--shutdown", programs.shutdown, "--output"];
  for (const args of [[one], [two, "--tool", programs.exitrd]])
    expect(runProgram(programs.exitrd, [...build, ...args])).toMatchObject({ status: 0 });
  machine = await openRun("mode=0755,noexec");
});

afterAll(() => {
  machine.close();
  rmSync(dir, { recursive: true, force: true });
});

function loadArgs(image: string): readonly string[] {
  return ["load", "--image", image];
}

function ended(child: ChildProcess): Promise<number> {
  const start = performance.now();
  return new Promise((resolve) => child.once("exit", () => resolve(performance.now() - start)));
}

/** The time of a load after `prepare`, in milliseconds: the longest of five. */
async function measureLoad(prepare: () => void): Promise<number> {
  let longest = 0;
  for (let i = 0; i < 5; i++) {
    prepare();
    longest = Math.max(
      longest,
      await ended(machine.start(programs.exitrd, ...loadArgs(images[0]))),
    );
  }
  return longest;
}

/** Kills a load after `delay` milliseconds; resolves when it is gone. */
async function killLoad(image: string, delay: number): Promise<void> {
  const child = machine.start(programs.exitrd, ...loadArgs(image));
  const gone = ended(child);
  const until = performance.now() + delay;
  // A timer is a millisecond late, which is a sixth of a load.
  if (delay > 2) await sleep(delay - 2);
  while (performance.now() < until);
  child.kill("SIGKILL");
  await gone;
}

test(`SIGKILL at ${points} points of a load leaves a complete tree or none`, async () => {
  const random = makeRandom();
  const longest = await measureLoad(() => machine.run(programs.exitrd, "unload"));
  const count = { none: 0, whole: 0 };
  for (let i = 0; i < points; i++) {
    machine.run(programs.exitrd, "unload");
    await killLoad(images[0], ((i + random()) / points) * longest);
    const tree = readTree(machine);
    if (tree === "none") count.none++;
    else expect(tree).toMatch(complete);
    if (tree !== "none") count.whole++;
  }
  console.log(`${points} kills over ${longest.toFixed(1)} ms: ${JSON.stringify(count)}`);
  expect(count.none).toBeGreaterThan(0);
});

test(`SIGKILL at ${points} points of a replacement leaves the old tree, the new one or none`, async () => {
  const random = makeRandom();
  const loadOther = () => machine.run(programs.exitrd, ...loadArgs(images[1]));
  const longest = await measureLoad(loadOther);
  const whole: string[] = [];
  for (const image of images) {
    expect(machine.run(programs.exitrd, ...loadArgs(image)).status).toBe(0);
    whole.push(readTree(machine));
  }
  const count = { none: 0, old: 0, now: 0 };
  for (let i = 0; i < points; i++) {
    loadOther();
    await killLoad(images[0], ((i + random()) / points) * longest);
    const tree = readTree(machine);
    // Killed between the mount of the new tree and the unmount of the old one, which is on top.
    const isBoth = tree === "2 mounts";
    if (isBoth) machine.run(programs.exitrd, "unload");
    else expect(["none", ...whole]).toContain(tree);
    if (tree === "none") count.none++;
    else count[isBoth || tree === whole[1] ? "old" : "now"]++;
  }
  console.log(`${points} kills over ${longest.toFixed(1)} ms: ${JSON.stringify(count)}`);
  expect(count.old).toBeGreaterThan(0);
});
