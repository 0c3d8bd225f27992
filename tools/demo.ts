import { cases } from "../test/vm/cases.ts";
import { findPackage } from "../test/vm/find-package.ts";
import type { Finding } from "../test/vm/finding.ts";
import { runCase } from "../test/vm/run-case.ts";
import { run } from "./run.ts";

// Shows the main job: a Debian 12 machine with its root on ext4 on LVM on LUKS2
// on NVMe powers off without and with exitrd, judged from outside the machine.
const started = Date.now();

function say(line: string): void {
  const seconds = ((Date.now() - started) / 1000).toFixed(0).padStart(4);
  process.stdout.write(`${seconds} s  ${line}\n`);
}

async function show(name: string, deb: string): Promise<Finding> {
  const one = cases.find((candidate) => candidate.name === name);
  if (one === undefined) throw new Error(`no case '${name}'`);
  say(`booting and powering off: ${name}`);
  const alive = setInterval(() => say("  …"), 15_000);
  try {
    return await runCase(one, { deb }, (line) => say(`  ${line}`));
  } finally {
    clearInterval(alive);
  }
}

/** The guest's console after the pivot, with the kernel's timestamps. */
function printShutdown(found: Finding): void {
  const lines = found.run.console.map((line) => line.text);
  const pivot = lines.findIndex((line) => line.includes("Successfully changed into root pivot"));
  const shown = lines.slice(Math.max(pivot, 0)).filter((line) => /exitrd: |reboot: /.test(line));
  for (const line of shown) process.stdout.write(`  ${line}\n`);
}

function printVerdict(without: Finding, withExitrd: Finding): void {
  const rows: readonly (readonly [string, (found: Finding) => string])[] = [
    ["root's ext4", describeRoot],
    ["LVM and LUKS released", describeRelease],
    ["NVMe controller told to shut down", ({ controller }) => yesNo(controller.shutDown)],
    ["writes after the last flush", ({ controller }) => String(controller.writesAfterFlush)],
    ["halves of the volume key in RAM", describeKeys],
    ["passphrase in RAM", ({ secrets }) => String(secrets?.passphrase ?? "?")],
  ];
  printRow("read from outside", "without exitrd", "with exitrd");
  for (const [what, tell] of rows) printRow(what, tell(without), tell(withExitrd));
}

function printRow(what: string, without: string, withExitrd: string): void {
  process.stdout.write(`  ${what.padEnd(36)}${without.padEnd(18)}${withExitrd}\n`);
}

function describeRoot({ fileSystems }: Finding): string {
  const root = fileSystems.find(({ name }) => name === "root");
  if (root === undefined) throw new Error("no root file system was found");
  return root.state.needsRecovery ? "needs recovery" : "clean";
}

/** The only row that is read from the guest's console. */
function describeRelease({ run: { console } }: Finding): string {
  return yesNo(console.some((line) => /dm remove 'cryptroot'/.test(line.text)));
}

function describeKeys({ secrets }: Finding): string {
  return secrets === undefined ? "?" : `${secrets.firstHalf} + ${secrets.secondHalf}`;
}

function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}

say("building the programs and the package");
await run("tsx", ["tools/package.ts"]);
const deb = findPackage();
if (deb === undefined) throw new Error("no package was built");
const without = await show("control: lvm-on-luks poweroff without exitrd", deb);
const withExitrd = await show("lvm-on-luks poweroff", deb);
process.stdout.write("\nThe shutdown through exitrd, as the machine's console showed it:\n\n");
printShutdown(withExitrd);
process.stdout.write("\n");
printVerdict(without, withExitrd);
process.stdout.write("\n");
say("done");
