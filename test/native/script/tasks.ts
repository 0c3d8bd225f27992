import * as sys from "exitrd:sys";
import { hostMemory } from "../../../src/host/memory.ts";
import { createTasks } from "../../../src/host/tasks.ts";
import type { TaskEnd, TaskResult, Tasks } from "../../../src/port/teardown.ts";

// The `Tasks` port as PID 1 of a PID namespace.
const LONG_MS = 5_000;
// As in observe/run-task.ts.
const TICK_MS = 1_000;
const HELD = 100;

/** Waits for one child to end; undefined after `LONG_MS`. */
function waitForOne(tasks: Tasks): TaskEnd | undefined {
  const until = sys.monotonic() + LONG_MS;
  while (sys.monotonic() < until) {
    const [ended] = tasks.wait(TICK_MS);
    if (ended !== undefined) return ended;
  }
  return undefined;
}

function runOne(action: () => string): TaskResult | undefined {
  const tasks = createTasks();
  tasks.start(action);
  return waitForOne(tasks)?.result;
}

/** Starts a process that outlives its parent and keeps the parent's pipe open. */
function leaveGrandchild(): void {
  if (sys.fork() > 0) return;
  sys.sleep(2 * LONG_MS);
  sys.exit(0);
}

/** How a child ended that left a process behind, and whether that was noticed at once. */
function runLeaving(action: () => string): unknown {
  const start = sys.monotonic();
  const result = runOne(() => {
    leaveGrandchild();
    return action();
  });
  return { result, atOnce: sys.monotonic() - start < 2_000 };
}

function die(): string {
  sys.kill(sys.getpid(), sys.SIGKILL);
  return "";
}

/** Gives this pid to the next child. */
function setNextPid(pid: number): void {
  sys.writeFile("/proc/sys/kernel/ns_last_pid", String(pid - 1), sys.O_WRONLY);
}

/** A child with the pid of one that died but was not waited for. */
function reusePid(): unknown {
  const tasks = createTasks();
  const first = tasks.start(() => {
    leaveGrandchild();
    return die();
  });
  if (waitForOne(tasks) === undefined) tasks.abandon(first);
  setNextPid(first);
  const second = tasks.start(() => {
    sys.sleep(100);
    return "second";
  });
  return { same: second === first, result: waitForOne(tasks)?.result };
}

/** Processes that a child holds but does not kill must exit with it. */
function holdProcesses(): unknown {
  const start = sys.monotonic();
  const result = runOne(() => {
    hostMemory.holdProcesses(HELD);
    const held = countProcesses() - 2;
    // The processes started last may not have run at all when their parent exits.
    hostMemory.holdProcesses(HELD);
    return String(held);
  });
  const tookMs = sys.monotonic() - start;
  // They exit one after another once their pipe is closed.
  while (sys.monotonic() < start + LONG_MS && countProcesses() > 1) {
    sys.sleep(10);
    while (sys.waitpid(-1, sys.WNOHANG) !== undefined);
  }
  return { result, atOnce: tookMs < LONG_MS / 2, left: countProcesses() - 1 };
}

function countProcesses(): number {
  return sys.readdir("/proc").filter((name) => /^[0-9]+$/.test(name)).length;
}

const large = "x".repeat(300_000);
sys.write(
  1,
  JSON.stringify({
    held: holdProcesses(),
    output: runOne(() => "\xff\n"),
    large: runOne(() => large)?.kind === "done",
    error: runOne(() => sys.readFile("/none")),
    bug: runOne(() => {
      throw new Error("a bug");
    }),
    died: runOne(die),
    leaving: runLeaving(() => "answer"),
    leavingLarge: runLeaving(() => large.slice(0, 60_000)),
    leavingDead: runLeaving(die),
    reused: reusePid(),
  }),
);
