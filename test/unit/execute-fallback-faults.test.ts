import { afterEach, beforeEach, expect, test } from "vitest";
import { BREAKS } from "../fake/break-parts.ts";
import { Crash, Hang } from "../fake/fake-tasks.ts";
import { isAnythingLeft, runWithFaults, START } from "../fake/fault-runs.ts";
import { lvmOnLuks } from "../fake/stacks.ts";
import { sysError } from "../fake/sys-error.ts";

let mend: () => void = () => {};

beforeEach(() => {
  mend = BREAKS.plan();
});

afterEach(() => mend());

const faults: Readonly<Record<string, () => Error>> = {
  EIO: () => sysError("ioctl", "EIO"),
  EBUSY: () => sysError("ioctl", "EBUSY"),
  hang: () => new Hang(),
  crash: () => new Crash(),
};

// None of these can block, whatever has failed.
const callsOfPid1 = [
  ...[START, "readText /proc/meminfo", "readText /proc/diskstats"],
  ...["kill -1 SIGKILL", "kill -1 SIGCONT"],
];

test.each([true, false])("without a plan, whichever call fails (once: %s)", (isOnce) => {
  const wrong: string[] = [];
  const clean = runWithFaults(lvmOnLuks(), () => {});
  expect(clean.left).toEqual([]);
  for (const call of clean.calls.filter(({ isOwn }) => !isOwn)) {
    for (const [name, make] of Object.entries(faults)) {
      const machine = lvmOnLuks();
      let hasFailed = false;
      const run = runWithFaults(machine, ({ text, isOwn }) => {
        if (text !== call.text || isOwn || (isOnce && hasFailed)) return;
        hasFailed = true;
        throw make();
      });
      const fault = `${name} from ${call.text}`;
      if (run.endedAt > run.verbAt + 1_000) wrong.push(`${fault}: ended at ${run.endedAt} ms`);
      // Nodes that sysfs or an unreadable mount table does not show cannot be reported.
      const isSeen = !/^read(?:Dir|Text) \/(?:sys|proc)/.test(call.text);
      if (isSeen && isAnythingLeft(machine) !== run.left.length > 0)
        wrong.push(`${fault}: said left: ${run.left}`);
      for (const { text, isOwn } of run.calls) {
        if (isOwn && !callsOfPid1.includes(text)) wrong.push(`${fault}: PID 1 calls ${text}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});
