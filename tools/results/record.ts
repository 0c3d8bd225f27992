import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { projectRoot } from "../bundle.ts";

/** The record of one run of the tests: `dist/results.json`. */
export interface Results {
  readonly schema: 1;
  readonly commit: string;
  /** Files differed from that commit. */
  readonly isDirty: boolean;
  /** When it began, ISO 8601. */
  readonly date: string;
  readonly scope: string;
  readonly machine: Machine;
  /** The load averages of the last minute. */
  readonly load: { readonly before: number; readonly after: number };
  readonly parts: readonly Part[];
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMib: number;
  readonly kernel: string;
  /** The accelerator of the virtual machines; absent if none ran. */
  readonly accelerator?: string;
}

/** What `tools/test.ts` runs in one go. */
export interface Part {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
  /** The message of each failed check. */
  readonly findings: readonly string[];
  /** Why it was not run. */
  readonly skipped?: string;
  /** Of the virtual machines. */
  readonly jobs?: readonly JobResult[];
}

export interface JobResult {
  readonly name: string;
  readonly passed: boolean;
  readonly seconds: number;
  readonly findings: readonly string[];
  readonly skipped?: string;
}

/** The default path of the results of a run. */
export const defaultResults = join(projectRoot, "dist/results.json");
/** The same for `npm run test:matrix`. */
export const defaultMatrix = join(projectRoot, "dist/matrix.json");

/** The facts known before the first part runs. */
export type Begun = Omit<Results, "parts">;

export function beginResults(scope: string): Begun {
  const [cpu] = cpus();
  const git = (...args: readonly string[]): string => {
    try {
      return execFileSync("git", args, { cwd: projectRoot, encoding: "utf8" }).trim();
    } catch {
      return "unknown";
    }
  };
  return {
    schema: 1,
    commit: git("rev-parse", "HEAD"),
    isDirty: git("status", "--porcelain") !== "",
    date: new Date().toISOString(),
    scope,
    machine: {
      cpu: cpu?.model ?? "unknown",
      cores: cpus().length,
      memoryMib: Math.round(totalmem() / (1 << 20)),
      kernel: release(),
    },
    load: { before: readLoad(), after: readLoad() },
  };
}

/** Called after each part, so that an interrupted run leaves its results so far. */
export function writeResults(path: string, begun: Begun, parts: readonly Part[]): void {
  const results: Results = { ...begun, load: { ...begun.load, after: readLoad() }, parts };
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(results, undefined, 2)}\n`);
}

export function readResults(path: string): Results {
  const results = JSON.parse(readFileSync(path, "utf8"));
  if (results.schema !== 1) throw new Error(`${path}: schema ${results.schema} is not supported`);
  return results;
}

function readLoad(): number {
  return Math.round((loadavg()[0] ?? 0) * 100) / 100;
}
