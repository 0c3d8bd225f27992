import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderHtml } from "../src/record/render-html.ts";
import { renderReport } from "../src/record/render-text.ts";
import type { Report } from "../src/record/report.ts";
import { provideSuite } from "../test/vm/build/suites.ts";
import { cases } from "../test/vm/cases.ts";
import { findPackage } from "../test/vm/find-package.ts";
import type { Finding } from "../test/vm/finding.ts";
import type { FoundRecord } from "../test/vm/inspect/shutdown-record.ts";
import { runCase } from "../test/vm/run-case.ts";
import { provideStack, provideWithPackage } from "../test/vm/stacks/provide-stack.ts";
import { projectRoot } from "./bundle.ts";
import { run } from "./run.ts";

// Shows the main purpose: a Debian 12 machine with its root on ext4 on LVM on LUKS2
// on NVMe powers off without and with exitrd, judged from outside the machine.
const stack = "lvm-on-luks";
const suite = "bookworm";
const started = Date.now();

/** The steps, with the seconds that each takes on two cores without KVM and with an empty cache. */
const steps = {
  "building the programs and the package": 50,
  "installing Debian 12 into an image": 80,
  "putting it on LVM on LUKS": 15,
  "putting it on LVM on LUKS, with the package": 15,
  "powering off a machine without exitrd": 70,
  "powering off a machine with exitrd": 70,
};
type Step = keyof typeof steps;

const begun = new Map<Step, number>();
let ended = 0;

function say(line: string): void {
  process.stdout.write(`${seconds(started).padStart(4)} s  ${line}\n`);
}

function seconds(since: number): string {
  return ((Date.now() - since) / 1000).toFixed(0);
}

async function take<T>(step: Step, act: () => Promise<T>): Promise<T> {
  const start = Date.now();
  begun.set(step, start);
  const result = await act();
  begun.delete(step);
  ended += 1;
  say(`${ended} of ${Object.keys(steps).length}: ${step}: ${seconds(start)} s`);
  return result;
}

/** Prints the running steps, and for how long each has been running. */
function printProgress(): void {
  for (const [step, since] of begun) {
    say(`  … ${step}: ${seconds(since)} of about ${steps[step]} s`);
  }
}

function findCase(name: string) {
  const one = cases.find((candidate) => candidate.name === name);
  if (one === undefined) throw new Error(`no case '${name}'`);
  return one;
}

/** Powers off one machine without exitrd and one with it, in parallel as far as possible. */
async function showBoth(): Promise<readonly [without: Finding, withExitrd: Finding]> {
  const quiet = () => {};
  const [deb] = await Promise.all([
    take("building the programs and the package", async () => {
      await run("tsx", ["tools/package.ts"]);
      const found = findPackage();
      if (found === undefined) throw new Error("no package was built");
      return found;
    }),
    take("installing Debian 12 into an image", () => provideSuite(suite, quiet)),
  ]);
  return Promise.all([
    take("putting it on LVM on LUKS", () => provideStack(stack, suite, quiet)).then(() =>
      take("powering off a machine without exitrd", () =>
        runCase(findCase("control: lvm-on-luks poweroff without exitrd"), { deb }, quiet),
      ),
    ),
    take("putting it on LVM on LUKS, with the package", () =>
      provideWithPackage(suite, deb, quiet),
    ).then((image) =>
      take("powering off a machine with exitrd", () =>
        runCase(findCase("lvm-on-luks poweroff"), { deb, image }, quiet),
      ),
    ),
  ]);
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
  for (const [what, read] of rows) printRow(what, read(without), read(withExitrd));
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

/** What `exitrd report` would print after the next boot, made of the record on the machine's disk. */
function printReport({ bootId, record }: FoundRecord): void {
  const report: Report = {
    format: 1,
    ending: record.verdict,
    bootId,
    startedAt: record.madeAt,
    importedAt: Date.now(),
    record,
    place: "/boot/exitrd.record",
    crashes: [],
    drives: [],
  };
  for (const line of renderReport(report)) process.stdout.write(`  ${line}\n`);
  const page = join(projectRoot, "dist", "demo-report.html");
  mkdirSync(join(projectRoot, "dist"), { recursive: true });
  writeFileSync(page, renderHtml(report));
  process.stdout.write(`\nThe same as a page: ${page}\n`);
}

const progress = setInterval(printProgress, 15_000);
const [without, withExitrd] = await showBoth().finally(() => clearInterval(progress));
process.stdout.write("\nThe shutdown through exitrd, as the machine's console showed it:\n\n");
printShutdown(withExitrd);
process.stdout.write("\n");
printVerdict(without, withExitrd);
if (withExitrd.record !== undefined) {
  process.stdout.write("\nIts report, from the record that it left on the disk:\n\n");
  printReport(withExitrd.record);
}
process.stdout.write("\n");
say("done");
