import { mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { buildProgram } from "../../../tools/program.ts";
import { copyDisk } from "../build/disk-layout.ts";
import type { Disk, MachineRun } from "../machine/spec.ts";
import { makeTemporaryFolder } from "../machine/temporary.ts";
import { bootGuest } from "../zoo/boot-guest.ts";
import { provideStorageGuest, type StorageGuest } from "../zoo/storage-base.ts";
import { judgeStack, type Verdict } from "./judge-stack.ts";
import type { Faults } from "./lay-faults.ts";
import type { Stack } from "./lay-stack.ts";
import { MAX_WIDTH, PARTITION_MIB } from "./site.ts";

type Say = (line: string) => void;

/** Called for each stack as soon as it is judged. */
export type OnVerdict = (index: number, verdict: Verdict) => void;

// A teardown may take 60 s, and building 120.
const SILENCE_MS = 300_000;
const LIMIT_SECONDS = 3600;

/** The part that all machines of a batch have in common. */
export interface Ground {
  readonly guest: StorageGuest;
  readonly takeApart: string;
  readonly logs: string;
}

export async function prepareGround(seed: number, say: Say): Promise<Ground> {
  const takeApart = join(cacheDir("test-native"), "take-apart");
  await buildProgram({ entry: join(import.meta.dirname, "take-apart.ts"), output: takeApart });
  const guest = await provideStorageGuest(say);
  return { guest, takeApart, logs: join(cacheDir("vm", "logs"), `fuzz-${seed}`) };
}

/**
 * Runs stacks one after the other in one machine. Starts a new machine after a stack that could not
 * be removed or that crashed the machine.
 */
export async function runBatch(
  stacks: readonly Stack[],
  ground: Ground,
  onVerdict: OnVerdict,
): Promise<MachineRun> {
  for (let first = 0; ; ) {
    const run = await bootStacks(stacks, first, ground, (index, verdict) => {
      first = index + 1;
      onVerdict(index, verdict);
    });
    if (first === stacks.length) return run;
  }
}

async function bootStacks(
  stacks: readonly Stack[],
  first: number,
  ground: Ground,
  onVerdict: OnVerdict,
): Promise<MachineRun> {
  const work = makeTemporaryFolder();
  const watch = watchOutput(stacks, first, onVerdict);
  try {
    rmSync(ground.logs, { recursive: true, force: true });
    mkdirSync(ground.logs, { recursive: true });
    const root = join(work, "root");
    await copyDisk(ground.guest.root, root);
    const run = await bootGuest({
      guest: ground.guest,
      root,
      disks: [makeDisk(work)],
      init: "fuzz.sh",
      texts: {
        table: ["label: gpt", ...Array(MAX_WIDTH).fill(`size=${PARTITION_MIB}MiB`), ""].join("\n"),
        ...formatStacks(stacks, first),
      },
      files: { "take-apart": ground.takeApart },
      folder: ground.logs,
      // Nobody attacks the guest, and mitigations are slow under emulation.
      extraCommandLine: "mitigations=off",
      limitSeconds: LIMIT_SECONDS,
      watch: watch.onLine,
      signal: watch.signal,
    });
    watch.finish(run);
    return run;
  } finally {
    watch.stop();
    rmSync(work, { recursive: true, force: true });
  }
}

function makeDisk(folder: string): Disk {
  const file = join(folder, "fuzz.img");
  writeFileSync(file, "");
  truncateSync(file, (MAX_WIDTH * PARTITION_MIB + 2) * 1024 * 1024);
  return { file, bus: "virtio", serial: "fuzz" };
}

function formatStacks(stacks: readonly Stack[], first: number): Readonly<Record<string, string>> {
  const files = stacks.slice(first).flatMap((stack, offset) => {
    const folder = `stacks/${String(first + offset).padStart(5, "0")}`;
    return [
      [`${folder}/build`, `${stack.build}\n`],
      [`${folder}/again`, `${stack.again}\n`],
      [`${folder}/held`, stack.held ?? ""],
      [`${folder}/worked-in`, stack.workedIn.join(" ")],
      ...(stack.faults === undefined ? [] : formatFaults(folder, stack.faults)),
    ] as const;
  });
  return Object.fromEntries(files);
}

function formatFaults(folder: string, { inject, mend, frozenIn }: Faults) {
  return [
    [`${folder}/inject`, `${inject}\n`],
    [`${folder}/mend`, `${mend}\n`],
    [`${folder}/frozen-in`, frozenIn.join(" ")],
  ] as const;
}

/** Collects the output for each stack, judges it at its end, and stops a machine that is silent. */
function watchOutput(stacks: readonly Stack[], first: number, onVerdict: OnVerdict) {
  const controller = new AbortController();
  let timer = setTimeout(() => {}, 0);
  let next = first;
  let lines: string[] = [];
  const close = (...more: readonly string[]): void => {
    const stack = stacks[next];
    if (stack === undefined) throw new Error(`no stack ${next}`);
    const verdict = judgeStack(stack, lines);
    lines = [];
    next += 1;
    onVerdict(next - 1, { ...verdict, failures: [...verdict.failures, ...more] });
  };
  return {
    signal: controller.signal,
    onLine: (text: string): void => {
      clearTimeout(timer);
      timer = setTimeout(() => controller.abort(), SILENCE_MS);
      const [, number, rest] = /^([0-9]{5}) (.*)$/.exec(text) ?? [];
      if (number === undefined || rest === undefined || Number(number) !== next) return;
      lines.push(rest);
      if (rest.startsWith("end ")) close();
    },
    /** If the machine did not finish, the stack that it was running has failed. */
    finish: ({ ending }: MachineRun): void => {
      if (lines.length > 0) close(`the machine ended by ${ending}`);
      else if (ending !== "poweroff") throw new Error(`the machine ended by ${ending}`);
      else if (next === first) throw new Error("the machine ran no stack");
    },
    stop: () => clearTimeout(timer),
  };
}
