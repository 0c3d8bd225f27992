import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../../tools/cache.ts";
import { buildProgram } from "../../tools/program.ts";

/** What ships, and the same source under AddressSanitizer and UndefinedBehaviorSanitizer. */
export const variants = ["musl", "sanitize"] as const;
export type Variant = (typeof variants)[number];

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  /** null when a signal ended it. */
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

/** Runs a command to its end, at most 60 s, with a descriptor table and environment of its own. */
export function runCommand(command: string, ...args: readonly string[]): Outcome {
  const result = spawnSync(command, args, {
    encoding: "latin1",
    timeout: 60_000,
    killSignal: "SIGKILL",
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANGUAGE_OF_TEST: "C" },
  });
  if (result.error !== undefined) throw result.error;
  const { stdout, stderr, status, signal } = result;
  return { stdout, stderr, status, signal };
}

/** Runs a program in a mount namespace of its own, with an empty folder as its first argument. */
export function runInNamespace(program: string, ...args: readonly string[]): Outcome {
  const folder = mkdtempSync(join(cacheDir("test-native"), "run-"));
  try {
    return runCommand("unshare", "--mount", program, folder, ...args);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The JSON that a script printed; its whole output as the error when it printed none. */
export function readResult(outcome: Outcome): unknown {
  if (outcome.status !== 0) {
    throw new Error(`${outcome.signal ?? outcome.status}\n${outcome.stdout}${outcome.stderr}`);
  }
  return JSON.parse(outcome.stdout);
}
