import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "./bundle.ts";
import {
  type Begun,
  beginResults,
  defaultResults,
  type Part as PartResult,
  readResults,
  writeResults,
} from "./results/record.ts";

/** How much to run: a few seconds, `npm test`, the jobs of CI, or everything. */
type Scope = "quick" | "default" | "ci" | "all";

interface Part {
  readonly name: string;
  readonly from: Scope;
  readonly command: readonly string[];
  /** The runner that writes a report; without one, exit status 0 counts as one passed test. */
  readonly report?: "vitest" | "machines";
}

const scopes: readonly Scope[] = ["quick", "default", "ci", "all"];
const scope = readScope(process.argv.slice(2));

/** How many lines of output are recorded for a part that failed without a report. */
const TAIL_LINES = 10;

const parts: readonly Part[] = [
  { name: "format and lint", from: "quick", command: ["biome", "ci", "--error-on-warnings", "."] },
  {
    name: "C format",
    from: "quick",
    command: ["sh", "-c", "clang-format --dry-run -Werror native/*.[ch]"],
  },
  { name: "types", from: "quick", command: ["tsc", "-b"] },
  { name: "dead code", from: "quick", command: ["knip"] },
  { name: "unit and property tests", from: "quick", command: vitest("core"), report: "vitest" },
  { name: "programs and package", from: "default", command: ["tsx", "tools/package.ts"] },
  {
    name: "package for arm64",
    from: "all",
    command: ["tsx", "tools/package.ts", "--arch", "arm64"],
  },
  { name: "native tests", from: "default", command: vitest("native"), report: "vitest" },
  { name: "virtual machines", from: "default", command: vmCommand(), report: "machines" },
];

function readScope(args: readonly string[]): Scope {
  const [first = "--default"] = args;
  const found = scopes.find((name) => first === `--${name}`);
  if (found === undefined || args.length > 1) {
    console.error("usage: test.ts [--quick|--default|--ci|--all]");
    process.exit(2);
  }
  return found;
}

function vitest(project: string): readonly string[] {
  return ["vitest", "run", "--project", project, "--reporter=default", "--reporter=json"];
}

function vmCommand(): readonly string[] {
  const run = ["tsx", "test/vm/run.ts"];
  // A machine under emulation uses one core completely.
  if (scope === "all") return [...run, "--parallel", String(availableParallelism())];
  return [...run, scope === "ci" ? "--ci" : "--smoke"];
}

async function runAll(): Promise<readonly PartResult[]> {
  let begun: Begun = beginResults(scope);
  const results: PartResult[] = [];
  for (const part of parts) {
    if (scopes.indexOf(part.from) > scopes.indexOf(scope)) {
      results.push({ ...emptyPart(part.name), skipped: `not in --${scope}` });
      continue;
    }
    console.log(`\n== ${part.name}`);
    const { accelerator, ...result } = await runPart(part);
    const { passed, failed, seconds } = result;
    console.log(`== ${part.name}: ${passed} passed, ${failed} failed, ${seconds.toFixed(1)} s`);
    results.push(result);
    if (accelerator !== undefined) {
      begun = { ...begun, machine: { ...begun.machine, accelerator } };
    }
    writeResults(defaultResults, begun, results);
  }
  writeResults(defaultResults, begun, results);
  return results;
}

type Ended = PartResult & { readonly accelerator?: string | undefined };

async function runPart(part: Part): Promise<Ended> {
  const start = Date.now();
  const dir = mkdtempSync(join(tmpdir(), "exitrd-test-"));
  try {
    const report = join(dir, "report.json");
    const { status, output } = await runCommand([...part.command, ...reportOption(part, report)]);
    const seconds = (Date.now() - start) / 1000;
    const read = status === 0 || part.report !== undefined ? readReport(part, report) : undefined;
    if (read !== undefined && (status === 0 || read.failed > 0)) return { ...read, seconds };
    // A runner that fails without a failed test could not start, and counts as failed.
    const findings = output.trimEnd().split("\n").slice(-TAIL_LINES);
    return { ...(read ?? emptyPart(part.name)), failed: 1, findings, seconds };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function reportOption({ report }: Part, path: string): readonly string[] {
  if (report === undefined) return [];
  return report === "vitest" ? [`--outputFile.json=${path}`] : ["--results", path];
}

/** Undefined if there is no report because the runner was interrupted. */
function readReport({ name, report }: Part, path: string): Ended | undefined {
  if (report === undefined) return { ...emptyPart(name), passed: 1 };
  try {
    if (report === "vitest") return { ...emptyPart(name), ...readVitestReport(path) };
    const { parts, machine } = readResults(path);
    return parts[0] && { ...parts[0], accelerator: machine.accelerator };
  } catch {
    return undefined;
  }
}

function readVitestReport(path: string): Pick<PartResult, "passed" | "failed" | "findings"> {
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(path, "utf8"));
  const findings: string[] = [];
  for (const { assertionResults } of testResults) {
    for (const { status, fullName, failureMessages } of assertionResults) {
      if (status !== "failed") continue;
      const [firstLine] = String(failureMessages[0] ?? "").split("\n");
      findings.push(`${fullName}: ${firstLine}`);
    }
  }
  return { passed: numPassedTests, failed: numFailedTests, findings };
}

function emptyPart(name: string): PartResult {
  return { name, passed: 0, failed: 0, seconds: 0, findings: [] };
}

/** Runs a command of node_modules/.bin or of the system, and shows its output. */
function runCommand(
  command: readonly string[],
): Promise<{ readonly status: number | null; readonly output: string }> {
  const path = `${join(projectRoot, "node_modules/.bin")}:${process.env.PATH}`;
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    cwd: projectRoot,
    env: { ...process.env, PATH: path },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    process.stdout.write(chunk);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, output }));
  });
}

const results = await runAll();
const passed = results.reduce((sum, part) => sum + part.passed, 0);
const failed = results.reduce((sum, part) => sum + part.failed, 0);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
