import { divideDeadline } from "../../src/execute/deadline/limits.ts";
import { releaseStorage } from "../../src/execute/fallback/release-storage.ts";
import { syncBounded } from "../../src/execute/left/sync-bounded.ts";
import type { Ports } from "../../src/execute/ports.ts";
import { observe } from "../../src/observe/observe.ts";
import type { Action } from "../../src/port/teardown.ts";
import type { FakeMachine } from "./fake-machine.ts";
import { FakeTasks } from "./fake-tasks.ts";
import { makeConsole } from "./make-console.ts";
import { watchCalls } from "./watch-calls.ts";

/** A call to a port with its arguments, made by a child or by PID 1 itself. */
export interface PortCall {
  readonly text: string;
  readonly isOwn: boolean;
}

export interface FaultRun {
  readonly left: readonly string[];
  /** Whether it was released by a plan. */
  readonly isPlanned: boolean;
  readonly calls: readonly PortCall[];
  /** When the run ended, and when it should have ended, by its own clock. */
  readonly endedAt: number;
  readonly verbAt: number;
}

export const START = "start";

/**
 * Takes a machine down and syncs, as PID 1 does. `before` is called ahead of each port call except
 * `sleep`, which cannot fail, and of each start of a child; if it throws, the call throws that.
 */
export function runWithFaults(machine: FakeMachine, before: (call: PortCall) => void): FaultRun {
  const calls: PortCall[] = [];
  let depth = 0;
  const makeCall = (text: string): void => {
    const call = { text, isOwn: depth === 0 };
    calls.push(call);
    before(call);
  };
  const asked = watchCalls(machine, (text) => {
    if (!text.startsWith("sleep ")) makeCall(text);
  });
  const tasks = new FakeTasks();
  const start = (action: Action): number => {
    makeCall(START);
    return tasks.start((send) => {
      depth += 1;
      try {
        return action(send);
      } finally {
        depth -= 1;
      }
    });
  };
  const ports: Ports = {
    reader: asked,
    kernel: asked,
    tasks: {
      start,
      wait: (ms) => tasks.wait(ms),
      listOwn: () => tasks.listOwn(),
      sent: (task) => tasks.sent(task),
      abandon: (task) => tasks.abandon(task),
    },
    clock: tasks.clock,
    onTick() {},
  };
  const limits = divideDeadline(90_000);
  let isPlanned = true;
  const warn = (line: string): void => {
    if (line.startsWith("exitrd: cannot plan the release: ")) isPlanned = false;
  };
  const console = { ...makeConsole(() => {}), warn };
  const { left } = releaseStorage({ perspective: "exitrd" }, "poweroff", limits, ports, console);
  syncBounded(limits.verbAt - tasks.clock.now(), ports);
  return { left, isPlanned, calls, endedAt: tasks.clock.now(), verbAt: limits.verbAt };
}

/**
 * The reads that observe a machine. If one fails, the node that it would have revealed is unknown.
 */
export function listObservingCalls(machine: FakeMachine): ReadonlySet<string> {
  const calls = new Set<string>();
  observe(watchCalls(machine, (text) => calls.add(text)));
  return calls;
}

/** Whether anything is left that exitrd releases. */
export function isAnythingLeft(machine: FakeMachine): boolean {
  return (
    machine.mounts.some(({ target }) => target.startsWith("/oldroot")) ||
    machine.devices.some(({ kind }) => kind !== "disk") ||
    machine.swaps.length + machine.pools.length + machine.sessions.length > 0 ||
    machine.bcacheSets.size > 0
  );
}
