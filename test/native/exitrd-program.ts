import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { cacheDir } from "../../tools/cache.ts";
import { buildProgram } from "../../tools/program.ts";

export interface Programs {
  readonly exitrd: string;
  readonly shutdown: string;
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Builds the shipped programs into the cache; resolves to both. */
export async function buildPrograms(): Promise<Programs> {
  const dir = cacheDir("test-native", "programs");
  const defines = { EXITRD_VERSION: JSON.stringify("0.0.0+test") };
  const [exitrd, shutdown] = [join(dir, "exitrd"), join(dir, "exitrd-shutdown")];
  await buildProgram({ entry: "src/cli/main.ts", output: exitrd, codec: true, defines });
  await buildProgram({ entry: "src/pid1/main.ts", output: shutdown, pid1: true, defines });
  return { exitrd, shutdown };
}

/** Runs a program until it exits, in an environment of its own. */
export function runProgram(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Ended {
  const { PATH = "" } = process.env;
  const options = { encoding: "utf8", timeout: 60_000, env: { PATH, ...env } } as const;
  const { status, stdout, stderr, error } = spawnSync(program, args, options);
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}

/**
 * Random numbers in [0, 1) from a seed that is printed (mulberry32), so that a failure can be
 * reproduced.
 */
export function makeRandom(): () => number {
  const seed = Number(process.env.EXITRD_TEST_SEED ?? Date.now() % 2 ** 31);
  console.log(`EXITRD_TEST_SEED=${seed}`);
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
