import { parseArgs } from "node:util";
import { DEFAULT_PLAN, runFuzz } from "./run-fuzz.ts";

const usage = `Usage: npm run fuzz -- [OPTION]...

Builds random stacks of storage in a virtual machine and has them taken apart.

  --runs N    how many (default: ${DEFAULT_PLAN.runs})
  --faults N  how many more in each of which something breaks: a disk that fails or
              hangs, a server that is killed, a process that is frozen and others
              (default: ${DEFAULT_PLAN.faulty})
  --seed S    which ones (default: ${DEFAULT_PLAN.seed}, the seed of CI)
  --help      print this text

Example: npm run fuzz -- --runs 0 --faults 100 --seed 7
`;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: String(DEFAULT_PLAN.runs) },
      faults: { type: "string", default: String(DEFAULT_PLAN.faulty) },
      seed: { type: "string", default: String(DEFAULT_PLAN.seed) },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    say(usage.trimEnd());
    return 0;
  }
  const plan = {
    runs: Number(values.runs),
    faulty: Number(values.faults),
    seed: Number(values.seed),
  };
  const isNumber = Object.values(plan).every((one) => Number.isInteger(one) && one >= 0);
  if (!isNumber || plan.runs + plan.faulty === 0) {
    process.stderr.write(usage);
    return 2;
  }
  const { passed, failed, notBuilt, facts } = await runFuzz(plan, say);
  for (const line of facts) say(line);
  if (notBuilt > 0) say(`${notBuilt} not built`);
  say(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

process.exitCode = await main();
