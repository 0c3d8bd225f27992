import { quote } from "../text/show-bytes.ts";
import type { Ending, Report } from "./report.ts";

/** One line about how a boot ended, the verdict first. */
export function describeEnding(ending: Ending): string {
  switch (ending) {
    case "clean":
      return "clean: everything was released";
    case "degraded":
      return "degraded: something is left, all data was written";
    case "failed":
      return "failed: data may be lost";
    case "unrecorded":
      return "unrecorded: it began normally, but there is no record of it";
    case "no-exitrd":
      return "no exitrd: it began normally, but exitrd was not loaded";
    case "interrupted":
      return "interrupted: it began normally but did not finish";
    case "power-lost":
      return "power lost or reset: the machine was not shut down";
    case "watchdog":
      return "watchdog: the machine hung, and the watchdog reset it";
    case "crashed":
      return "crashed: the kernel left a dump";
    case "unknown":
      return "unknown: exitrd took no note of the boot before this one";
  }
}

/** Where an administrator reads about it. */
export interface Reading {
  readonly hasSystemd: boolean;
  /** The ID of the boot after it; absent if that is this one, "" if it is not known. */
  readonly nextBoot?: string;
}

/** What an administrator can do about it, one line per item. */
export function listAdvice(
  { ending, crashes, drives, place }: Report,
  reading: Reading,
): readonly string[] {
  const raised = drives.some(({ before, after }) => after > before);
  const cut = raised && ending === "clean" ? [CUT_WHILE_CLEAN] : [];
  switch (ending) {
    case "clean":
      return cut;
    case "degraded":
      return ["stop what holds it before the shutdown; run 'exitrd plan' for what else may stay"];
    case "failed":
      return ["check the disks and file systems that are named here, and compare with a backup"];
    case "unrecorded":
      return place === ""
        ? ["run 'exitrd record' for the reason"]
        : [`see whether ${quote(place)} was missing at boot, or another system uses it, too`];
    case "no-exitrd":
      return ["run 'exitrd status' for the reason"];
    case "interrupted":
      return [
        "if it was switched off by hand: see Timeout= in exitrd.conf(5)",
        adviseRepairs(reading),
      ];
    case "power-lost":
    case "watchdog":
      return [adviseRepairs(reading)];
    case "unknown":
      return [
        reading.hasSystemd
          ? "have each boot start exitrd-report.service: 'systemctl enable exitrd-report.service'"
          : "have each boot run 'exitrd record --begin': see OTHER INITS in exitrd(8)",
      ];
    case "crashed":
      return crashes.map((path) => `read ${quote(path)}`);
  }
}

/** The boot after it has repaired them. */
function adviseRepairs({ hasSystemd, nextBoot }: Reading): string {
  const what = "for the file systems that had to be repaired";
  if (hasSystemd) {
    // -k alone would mean this boot.
    const known = nextBoot === undefined ? "-b -k" : `-b ${nextBoot} -k`;
    return `run 'journalctl ${nextBoot === "" ? "_TRANSPORT=kernel" : known} -g recover' ${what}`;
  }
  if (nextBoot === undefined) return `run 'dmesg | grep -i recover' ${what}`;
  return `look for 'recover' in the kernel's messages in /var/log, ${what}`;
}

const CUT_WHILE_CLEAN =
  "a drive counted a loss of power: unless it was pulled out while the machine was running, please report this with 'exitrd report --json'";
