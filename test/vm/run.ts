import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  beginResults,
  defaultMatrix,
  defaultResults,
  type JobResult,
  type Part,
  writeResults,
} from "../../tools/results/record.ts";
import { ciCases, smokeCases } from "./cases.ts";
import { findPackage } from "./find-package.ts";
import { type Job, jobs } from "./job.ts";
import { readKnownAccel } from "./machine/provide-accel.ts";
import { matrixCases } from "./matrix.ts";
import type { RunOptions } from "./run-case.ts";

const usage = `Usage: npx tsx test/vm/run.ts [OPTION]...

Runs cases in virtual machines and inspects disk, controller and RAM from outside.

  --case PATTERN  only cases whose name matches this regular expression
  --smoke         only the case that 'npm test' runs
  --ci            only the cases that CI runs on every change
  --matrix        only the cases of docs/compatibility.md
  --parallel N    run N at a time (default: 1)
  --list          print the names of the cases, run none
  --deb FILE      the package to test (default: the newest in dist/)
  --deb-arm64 FILE
                  the same for arm64
  --results FILE  where the results go, as JSON (default: dist/results.json; with --matrix
                  dist/matrix.json)
  --keep          leave disk and RAM beside each case's logs in the cache
  --help          print this text
`;

const tailLines = 25;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

interface Result extends JobResult {
  /** Copies of the passphrase in RAM after a run through exitrd. */
  readonly passphrases?: number;
}

/** Runs one job and prints its result. */
async function reportJob(
  job: Job,
  options: RunOptions,
  say: (line: string) => void,
): Promise<Result> {
  const started = Date.now();
  const { name } = job;
  say(`- ${name}`);
  const end = (findings: readonly string[]): Result => {
    for (const finding of findings) say(`    FAILED: ${finding}`);
    const seconds = (Date.now() - started) / 1000;
    return { name, passed: findings.length === 0, seconds, findings };
  };
  try {
    const { failures, facts, run, passphrases } = await job.run(options, (line) =>
      say(`    ${line}`),
    );
    for (const line of facts) say(`    ${line}`);
    const result = end(failures);
    if (failures.length > 0) {
      for (const line of run.console.slice(-tailLines)) say(`    | ${line.text}`);
      say(`    whole log: ${join(run.folder, "console.log")}`);
    }
    say(`  ${result.passed ? "ok" : "not ok"}, ${result.seconds} s`);
    return { ...result, ...(passphrases === undefined ? {} : { passphrases }) };
  } catch (error) {
    return end([error instanceof Error ? error.message : String(error)]);
  }
}

/**
 * Runs them in order, `parallel` at a time. If that is more than one, the output of each is printed
 * when it ends.
 */
async function runJobs(
  chosen: readonly Job[],
  options: RunOptions,
  parallel: number,
  onEnd: (results: readonly Result[]) => void,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const left = [...chosen];
  const work = async (): Promise<void> => {
    for (let job = left.shift(); job !== undefined; job = left.shift()) {
      const lines: string[] = [];
      const tell = parallel === 1 ? say : (line: string) => void lines.push(line);
      results.push(await reportJob(job, options, tell));
      for (const line of lines) say(line);
      onEnd(results);
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return results;
}

interface Choice {
  readonly case: string;
  readonly smoke: boolean;
  readonly ci: boolean;
  readonly matrix: boolean;
}

function chooseJobs(choice: Choice): readonly Job[] {
  const pattern = new RegExp(choice.case);
  const scope = findScope(choice);
  return jobs.filter(
    ({ name }) => pattern.test(name) && (scope === undefined || scope.includes(name)),
  );
}

function findScope({ smoke, ci, matrix }: Choice): readonly string[] | undefined {
  if (smoke) return smokeCases;
  if (ci) return ciCases;
  return matrix ? matrixCases : undefined;
}

/** The results so far in the order of the jobs, and the jobs that have not run. */
function makePart(results: readonly Result[], chosen: readonly Job[], seconds: number): Part {
  const passed = results.filter((result) => result.passed).length;
  return {
    name: "virtual machines",
    passed,
    failed: results.length - passed,
    seconds,
    findings: [],
    jobs: jobs.map((job): JobResult => {
      const { name } = job;
      const result = results.find((one) => one.name === name);
      if (result !== undefined) {
        const { passed, seconds, findings } = result;
        return { name, passed, seconds, findings };
      }
      const skipped = chosen.includes(job) ? "the run was ended before" : "not chosen";
      return { name, passed: false, seconds: 0, findings: [], skipped };
    }),
  };
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      case: { type: "string", default: "" },
      smoke: { type: "boolean", default: false },
      ci: { type: "boolean", default: false },
      matrix: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      deb: { type: "string" },
      "deb-arm64": { type: "string" },
      results: { type: "string" },
      keep: { type: "boolean", default: false },
      parallel: { type: "string", default: "1" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    say(usage.trimEnd());
    return 0;
  }
  const chosen = chooseJobs(values);
  if (values.list) {
    for (const { name } of chosen) say(name);
    return 0;
  }
  const parallel = Number(values.parallel);
  if (!Number.isInteger(parallel) || parallel < 1) {
    say(`--parallel takes a number of jobs, not '${values.parallel}'`);
    return 2;
  }
  const options = {
    deb: values.deb ?? findPackage(),
    debArm64: values["deb-arm64"] ?? findPackage("arm64"),
    keep: values.keep,
  };
  const path = values.results ?? (values.matrix ? defaultMatrix : defaultResults);
  const begun = beginResults("virtual machines");
  const write = (results: readonly Result[]): void => {
    const seconds = (Date.now() - Date.parse(begun.date)) / 1000;
    const machine = { ...begun.machine, accelerator: readKnownAccel() };
    writeResults(path, { ...begun, machine }, [makePart(results, chosen, seconds)]);
  };
  write([]);
  const results = await runJobs(chosen, options, parallel, write);
  // Not checked: memory that the initrd of the boot has freed may contain one until it is reused.
  const passphrases = results.flatMap((result) => result.passphrases ?? []);
  if (passphrases.length > 0) {
    say(`passphrase copies in RAM after exitrd, run by run: ${passphrases.join(" ")}`);
  }
  const passed = results.filter((result) => result.passed).length;
  say(`${passed} passed, ${chosen.length - passed} failed`);
  return passed === chosen.length && passed > 0 ? 0 : 1;
}

process.exitCode = await main();
