import { describe, expect, test } from "vitest";
import type { FakeMachine } from "../fake/fake-machine.ts";
import { Crash, Hang } from "../fake/fake-tasks.ts";
import {
  type FaultRun,
  isAnythingLeft,
  listObservingCalls,
  type PortCall,
  runWithFaults,
  START,
} from "../fake/fault-runs.ts";
import { type KindStack, listKindStacks } from "../fake/kind-stacks.ts";
import { sysError } from "../fake/sys-error.ts";

interface Fault {
  readonly name: string;
  readonly make: () => Error;
  /** Cannot happen in a call by PID 1 itself. */
  readonly onlyInChild?: true;
}

const faults: readonly Fault[] = [
  { name: "EIO", make: () => sysError("ioctl", "EIO") },
  { name: "EBUSY", make: () => sysError("ioctl", "EBUSY") },
  { name: "hang", make: () => new Hang(), onlyInChild: true },
  { name: "crash", make: () => new Crash(), onlyInChild: true },
];

const startFault: Fault = { name: "EAGAIN", make: () => sysError("fork", "EAGAIN") };

// None of these can block, whatever has failed; diskstats has counters in memory (block/genhd.c).
const callsOfPid1 = [
  ...[START, "readText /proc/meminfo", "readText /proc/diskstats", "readDir /sys/module"],
  ...["kill -1 SIGKILL", "kill -1 SIGCONT"],
];

// Counters in memory (block/genhd.c, part_stat_show).
const statOfDevice = /^readText \/sys\/dev\/block\/[0-9:]+\/stat$/;

const UNKNOWN = ["unknown"];

/** A device that is independent of all others. */
const apart = [
  { name: "sdz", dev: "65:144", slaves: [], kind: "disk" },
  { name: "dm-9", dev: "253:9", slaves: ["sdz"], kind: "dm", label: "apart" },
] as const;

const ofApart = /dm-9|253:9|sdz/;

function makeMachine(stack: KindStack): FakeMachine {
  const machine = stack.machine();
  machine.devices.push(...apart);
  return machine;
}

function listFaults({ text, isOwn }: PortCall): readonly Fault[] {
  if (text === START) return [startFault];
  return isOwn ? faults.filter(({ onlyInChild }) => !onlyInChild) : faults;
}

const isLazy = /"lazy":true/;

/** Problems with how a run ended in which this call failed like this; empty if there are none. */
function listProblems(
  machine: FakeMachine,
  { left, isPlanned, calls, endedAt, verbAt }: FaultRun,
  { text }: PortCall,
  mayHide: boolean,
): readonly string[] {
  const problems: string[] = [];
  if (endedAt > verbAt + 1_000) problems.push(`ended at ${endedAt} ms`);
  const isApartThere = machine.devices.some(({ name }) => name === "dm-9");
  if (isApartThere && isPlanned && !ofApart.test(text))
    problems.push("what is apart was not released");
  // A mount that was busy to the end and then detached is still in use.
  const isDetached = (name: string): boolean =>
    calls.some(({ text: made }) => made.startsWith(`umount ${name} `) && isLazy.test(made));
  const areDetached = left.length > 0 && left.every(isDetached);
  const isKnown = isAnythingLeft(machine) === left.length > 0 || areDetached;
  if (!isKnown && !mayHide) problems.push(`said left: ${left}`);
  for (const call of calls) {
    const isAllowed = callsOfPid1.includes(call.text) || statOfDevice.test(call.text);
    if (call.isOwn && !isAllowed) problems.push(`PID 1 calls ${call.text}`);
  }
  return problems;
}

describe.each(listKindStacks())("$name", (stack) => {
  const clean = runWithFaults(makeMachine(stack), () => {});

  test("whichever call fails once, the rest is released in time, and what is left is reported", () => {
    const wrong: string[] = [];
    for (const [index, call] of clean.calls.entries()) {
      for (const { name, make } of listFaults(call)) {
        const machine = makeMachine(stack);
        let next = 0;
        const run = runWithFaults(machine, () => {
          next += 1;
          if (next === index + 1) throw make();
        });
        const problems = listProblems(machine, run, call, false);
        wrong.push(...problems.map((problem) => `${name} from ${call.text}: ${problem}`));
      }
    }
    expect(wrong).toEqual([]);
  });

  test("whichever call always fails, the rest is released in time, and what is left is reported", () => {
    const wrong: string[] = [];
    const observing = listObservingCalls(makeMachine(stack));
    const calls = new Map(clean.calls.map((call) => [`${call.isOwn} ${call.text}`, call]));
    for (const call of calls.values()) {
      for (const { name, make } of listFaults(call)) {
        const machine = makeMachine(stack);
        const run = runWithFaults(machine, ({ text, isOwn }) => {
          if (text === call.text && isOwn === call.isOwn) throw make();
        });
        const isObserving = observing.has(call.text);
        const isUnknown = String(run.left) === String(UNKNOWN);
        // Without a view of the machine nothing can be released, and a message must say so.
        if (isUnknown && (isObserving || call.text === START) && run.endedAt <= run.verbAt)
          continue;
        const problems = listProblems(machine, run, call, isObserving);
        wrong.push(...problems.map((problem) => `${name} from ${call.text}: ${problem}`));
      }
    }
    expect(wrong).toEqual([]);
  });
});
