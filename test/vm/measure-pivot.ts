import type { Case } from "./case.ts";
import { copyInitramfs } from "./cases/controls.ts";
import type { ConsoleLine } from "./machine/spec.ts";
import { runCase } from "./run-case.ts";

/** Seconds from the pivot to reboot(2), one number for each run. */
export interface PivotComparison {
  readonly exitrd: readonly number[];
  /** systemd-shutdown as /shutdown, in a copied initramfs, in the same guest. */
  readonly systemdShutdown: readonly number[];
}

const common = { stack: "lvm-on-luks", limitSeconds: 400, expect: { ending: "poweroff" } } as const;

const exitrd: Case = {
  ...common,
  name: "measure: pivot to reboot, exitrd",
  equipment: "exitrd",
  script: "systemctl poweroff\n",
};

const systemdShutdown: Case = {
  ...common,
  name: "measure: pivot to reboot, systemd-shutdown",
  equipment: "without exitrd",
  script: `${copyInitramfs}systemctl poweroff\n`,
};

/** Measures both in turns, so that other load on this machine affects both equally. */
export async function comparePivots(
  deb: string,
  runs: number,
  say: (line: string) => void,
): Promise<PivotComparison> {
  const times: { exitrd: number[]; systemdShutdown: number[] } = {
    exitrd: [],
    systemdShutdown: [],
  };
  for (let run = 1; run <= runs; run++) {
    say(`pivot to reboot: run ${run} of ${runs}`);
    times.exitrd.push(await measure(exitrd, deb, say));
    times.systemdShutdown.push(await measure(systemdShutdown, deb, say));
  }
  return times;
}

async function measure(one: Case, deb: string, say: (line: string) => void): Promise<number> {
  const { run } = await runCase(one, { deb }, say);
  const seconds = readPivotSeconds(run.console);
  if (seconds === undefined) throw new Error(`no pivot in ${run.folder}/console.log`);
  return seconds;
}

const pivotLine = /systemd-shutdown\[1\]: Successfully changed into root pivot/;
// The first message of the kernel in reboot(2): that of KVM's reboot notifier if the module is
// loaded, otherwise the last one.
const rebootLine = /kvm: exiting hardware virtualization|reboot: Power down/;

/** Computes the time from pivot to reboot(2) from the kernel's own time stamps. */
export function readPivotSeconds(console: readonly ConsoleLine[]): number | undefined {
  const pivot = console.findIndex((line) => pivotLine.test(line.text));
  if (pivot === -1) return undefined;
  const reboot = console.slice(pivot).find((line) => rebootLine.test(line.text));
  const from = readStamp(console[pivot]);
  const to = readStamp(reboot);
  return from === undefined || to === undefined ? undefined : to - from;
}

/** The kernel's time stamp of a line, in seconds. */
export function readStamp(line: ConsoleLine | undefined): number | undefined {
  const match = /^\[ *(\d+\.\d+)\]/.exec(line?.text ?? "");
  return match === null ? undefined : Number(match[1]);
}
