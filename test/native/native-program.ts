import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../../tools/cache.ts";
import { buildProgram } from "../../tools/program.ts";

/** The shipped build, and the same source under AddressSanitizer and UndefinedBehaviorSanitizer. */
export const variants = ["musl", "sanitize"] as const;
// The stack of each allocation is a fifth of the time, and only printed. That of a faulty access is
// printed all the same.
const ASAN_OPTIONS = "malloc_context_size=0";
export type Variant = (typeof variants)[number];

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  /** null if it was killed by a signal. */
  readonly status: number | null;
  readonly signal: string | null;
}

/** Builds test/native/script/<name>.ts; resolves to the program. */
export async function buildScript(name: string, variant: Variant, pid1 = false): Promise<string> {
  const output = join(cacheDir("test-native", variant), `${name}${pid1 ? "-pid1" : ""}`);
  await buildProgram({
    entry: join(import.meta.dirname, "script", `${name}.ts`),
    output,
    codec: !pid1,
    pid1,
    sanitize: variant === "sanitize",
  });
  return output;
}

/**
 * Runs a command until it exits, for at most 60 s, with its own descriptor table and environment.
 */
export function runCommand(command: string, ...args: readonly string[]): Outcome {
  return runCommandFor(60_000, command, ...args);
}

/** The same for at most `limit` ms. */
export function runCommandFor(limit: number, command: string, ...args: readonly string[]): Outcome {
  const result = spawnSync(command, args, {
    encoding: "latin1",
    timeout: limit,
    killSignal: "SIGKILL",
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANGUAGE_OF_TEST: "C", ASAN_OPTIONS },
  });
  if (result.error !== undefined) throw result.error;
  const { stdout, stderr, status, signal } = result;
  return { stdout, stderr, status, signal };
}

/** Runs a program in its own mount namespace, with an empty folder as its first argument. */
export function runInNamespace(program: string, ...args: readonly string[]): Outcome {
  const folder = mkdtempSync(join(cacheDir("test-native"), "run-"));
  try {
    return runCommand("unshare", "--mount", program, folder, ...args);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The JSON that a script printed; otherwise throws an Error with its whole output. */
export function readResult(outcome: Outcome): unknown {
  if (outcome.status !== 0) {
    throw new Error(`${outcome.signal ?? outcome.status}\n${outcome.stdout}${outcome.stderr}`);
  }
  return JSON.parse(outcome.stdout);
}
