import { parseArgs } from "node:util";
import { dailySeed } from "./daily-seed.ts";
import { runFuzz } from "./run-fuzz.ts";

const usage = `Usage: npm run fuzz -- [OPTION]...

Builds random stacks of storage in a virtual machine and has them taken apart.

  --runs N  how many (default: 100)
  --seed S  which ones (default: those of the day)
  --help    print this text
`;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: "100" },
      seed: { type: "string", default: String(dailySeed()) },
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
