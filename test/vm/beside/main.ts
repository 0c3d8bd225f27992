import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { projectRoot } from "../../../tools/bundle.ts";
import { run } from "../../../tools/run.ts";
import { type Compared, listBetter, renderCompared } from "./result.ts";
import { runBeside } from "./run-beside.ts";
import { situations } from "./situations.ts";

const usage = `Usage: npm run beside -- [OPTION]...

Has the same faults taken apart by exitrd and by systemd-shutdown, each in a virtual
machine of its own. Keeps the results in dist/beside.json, and writes docs/beside.md
once each fault has one. Fails if systemd-shutdown does better in any.

  --only PATTERN  those whose name matches
  --missing       those without a result
  --help          print this text

Example: npm run beside -- --only 'thin pool'
`;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const results = join(projectRoot, "dist", "beside.json");
const page = join(projectRoot, "docs", "beside.md");

function readResults(): readonly Compared[] {
  return existsSync(results) ? (JSON.parse(readFileSync(results, "utf8")) as Compared[]) : [];
}

/** Adds a result, in the order of the faults. */
function addResult(one: Compared): void {
  const kept = readResults().filter(({ situation }) => situation !== one.situation);
  const known = [...kept, one];
  const all = situations.flatMap(({ name }) => known.find((each) => each.situation === name) ?? []);
  mkdirSync(dirname(results), { recursive: true });
  writeFileSync(results, `${JSON.stringify(all, null, 2)}\n`);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: "string", default: "" },
      missing: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    say(usage.trimEnd());
    return 0;
  }
  const pattern = new RegExp(values.only);
  const known = new Set(values.missing ? readResults().map(({ situation }) => situation) : []);
  for (const row of situations) {
    if (!pattern.test(row.name) || known.has(row.name)) continue;
    const exitrd = await runBeside(row, "exitrd", say);
    const systemdShutdown = await runBeside(row, "systemd-shutdown", say);
    const one: Compared = { situation: row.name, exitrd, systemdShutdown };
    addResult(one);
    say(JSON.stringify(one));
  }
  const all = readResults();
  if (all.length === situations.length) {
    const commit = (await run("git", ["rev-parse", "--short=12", "HEAD"])).trim();
    const date = new Date().toISOString().slice(0, 10);
    writeFileSync(page, renderCompared(all, commit, date));
  }
  const better = all.flatMap(listBetter);
  for (const line of better) say(line);
  say(
    `${all.length} of ${situations.length} faults, ${better.length} times systemd-shutdown is better`,
  );
  return better.length === 0 && all.length > 0 ? 0 : 1;
}

process.exitCode = await main();
