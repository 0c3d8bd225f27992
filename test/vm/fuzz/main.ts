import { parseArgs } from "node:util";
import { DEFAULT_RUNS, DEFAULT_SEED, runFuzz } from "./run-fuzz.ts";

const usage = `Usage: npm run fuzz -- [OPTION]...

Builds random stacks of storage in a virtual machine and has them taken apart.

  --runs N  how many (default: ${DEFAULT_RUNS})
  --seed S  which ones (default: ${DEFAULT_SEED}, the seed of CI)
  --help    print this text
`;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: String(DEFAULT_RUNS) },
      seed: { type: "string", default: String(DEFAULT_SEED) },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    say(usage.trimEnd());
    return 0;
  }
  const [runs, seed] = [Number(values.runs), Number(values.seed)];
  if (!Number.isInteger(runs) || runs < 1 || !Number.isInteger(seed)) {
    process.stderr.write(usage);
    return 2;
  }
  const { passed, failed, notBuilt, facts } = await runFuzz(runs, seed, say);
  for (const line of facts) say(line);
  if (notBuilt > 0) say(`${notBuilt} not built`);
  say(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

process.exitCode = await main();
