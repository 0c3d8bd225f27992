import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "./bundle.ts";

/** How much is run: seconds, `npm test`, what CI runs, or everything. */
type Scope = "quick" | "default" | "ci" | "all";

interface Count {
  readonly passed: number;
  readonly failed: number;
}

interface Part {
  readonly name: string;
  readonly from: Scope;
  readonly command: readonly string[];
  /** How its results are counted; without one, exit status 0 is one test passed. */
  readonly count?: "vitest" | "lines";
}

const scopes: readonly Scope[] = ["quick", "default", "ci", "all"];
const scope = readScope(process.argv.slice(2));

const parts: readonly Part[] = [
  { name: "format and lint", from: "quick", command: ["biome", "ci", "--error-on-warnings", "."] },
  {
    name: "C format",
    from: "quick",
    command: ["sh", "-c", "clang-format --dry-run -Werror native/*.[ch]"],
  },
  { name: "types", from: "quick", command: ["tsc", "-b"] },
  { name: "dead code", from: "quick", command: ["knip"] },
  { name: "unit and property tests", from: "quick", command: vitest("core"), count: "vitest" },
  { name: "programs and package", from: "default", command: ["tsx", "tools/package.ts"] },
  { name: "native tests", from: "default", command: vitest("native"), count: "vitest" },
  { name: "virtual machines", from: "default", command: vmCommand(), count: "lines" },
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
  // A machine under emulation keeps one core busy.
  if (scope === "all") return [...run, "--parallel", String(availableParallelism())];
  return [...run, scope === "ci" ? "--ci" : "--smoke"];
}

async function runAll(): Promise<Count> {
  let passed = 0;
  let failed = 0;
  for (const part of parts) {
    if (scopes.indexOf(part.from) > scopes.indexOf(scope)) continue;
    const start = Date.now();
    console.log(`\n== ${part.name}`);
    const count = await runPart(part);
    const seconds = ((Date.now() - start) / 1000).toFixed(1);
    console.log(`== ${part.name}: ${count.passed} passed, ${count.failed} failed, ${seconds} s`);
    passed += count.passed;
    failed += count.failed;
  }
  return { passed, failed };
}

async function runPart(part: Part): Promise<Count> {
  const dir = mkdtempSync(join(tmpdir(), "exitrd-test-"));
  try {
    const report = join(dir, "report.json");
    const extra = part.count === "vitest" ? [`--outputFile.json=${report}`] : [];
    const { status, output } = await runCommand([...part.command, ...extra]);
    const count = readCount(part, report, output);
    // A runner that fails without a failed test (it could not start) has failed.
    return status === 0 || count.failed > 0 ? count : { ...count, failed: 1 };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function readCount(part: Part, report: string, output: string): Count {
  if (part.count === undefined) return { passed: 1, failed: 0 };
  try {
    if (part.count === "lines") return readLastCount(output);
    const result = JSON.parse(readFileSync(report, "utf8"));
    return { passed: result.numPassedTests, failed: result.numFailedTests };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

function readLastCount(output: string): Count {
  const found = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
  if (found === undefined) throw new Error("no count");
  return { passed: Number(found[1]), failed: Number(found[2]) };
}

/** Runs a command of node_modules/.bin or of the system, showing what it prints. */
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

const total = await runAll();
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
