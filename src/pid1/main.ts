import { argv, armLastResort, getenv } from "exitrd:sys";
import { checkOwnTree } from "../execute/check-tree.ts";
import { openDebugShell, type ShellPorts } from "../execute/debug-shell.ts";
import { endMachine } from "../execute/end-machine.ts";
import { eraseMemory } from "../execute/erase-memory.ts";
import { hasPrograms, runHooks, runSystemdScripts } from "../execute/hooks.ts";
import { divideDeadline } from "../execute/limits.ts";
import type { Ports } from "../execute/ports.ts";
import type { ProgramLimits } from "../execute/run-programs.ts";
import { syncBounded, takeDown } from "../execute/take-down.ts";
import { startClock } from "../host/clock.ts";
import { openConsole } from "../host/console.ts";
import { hostDigests } from "../host/digests.ts";
import { hostFiles } from "../host/files.ts";
import { hostKernel } from "../host/kernel.ts";
import { hostMemory } from "../host/memory.ts";
import { notify } from "../host/notify.ts";
import { commandOf, hostPower } from "../host/power.ts";
import { createPrograms } from "../host/programs.ts";
import { hostReader } from "../host/reader.ts";
import { createTasks } from "../host/tasks.ts";
import { runTask } from "../observe/run-task.ts";
import { attempt } from "../port/sys-error.ts";
import { parseInvocation } from "../teardown/parse/invocation.ts";
import { makePolicy } from "../teardown/plan/policy.ts";
import { parameterLine } from "../teardown/report/config-lines.ts";
import { DEFAULT_HOOK_TIMEOUT_MS } from "../teardown/settings/values.ts";
import type { Stage } from "../teardown/stage.ts";
import { makeMountsPrivate, mountApiFileSystems, prepareProcess } from "./prepare.ts";
import { readSettings } from "./read-settings.ts";
import { startWatchdog } from "./start-watchdog.ts";
import { readRebootParameter, settleVerb } from "./verb.ts";

// syslog(3)
const LOG_DEBUG = 7;

// What the last resort leaves script beyond the total deadline, to be late in.
const LAST_RESORT_GRACE_MS = 5_000;

const NOTIFY_LIMIT_MS = 2_000;

// This file is /shutdown: PID 1 after the pivot. It never returns to init and
// never exits; whatever goes wrong below, native/last_resort.c ends in reboot(2).
const clock = startClock();
const invocation = parseInvocation(argv, getenv);
armAlarm(invocation.timeoutMs);
// Before PID 1 gets more of everything: what it has now, programs are to have.
const programs = createPrograms();
prepareProcess();
makeMountsPrivate();
mountApiFileSystems();

const { settings, breakAt, notes } = readSettings(hostReader);
const limits = divideDeadline(settings.timeoutMs ?? invocation.timeoutMs, settings.stepLimits);
armAlarm(limits.verbAt);
const verb = settleVerb(invocation.verb);
const logLevel = settings.logLevel ?? invocation.logLevel;
const console = openConsole(logLevel);
const watchdog = startWatchdog(settings.watchdog, invocation.watchdog, console);
const ports: Ports & ShellPorts = {
  reader: hostReader,
  kernel: hostKernel,
  tasks: createTasks(),
  programs,
  clock,
  // Once the time is up, a PID 1 that still runs is to be reset.
  onTick: () => {
    if (clock.now() < limits.verbAt) watchdog.ping();
  },
  holdAlarm: () => armLastResort(0, commandOf(invocation.verb)),
  armAlarm: () => armAlarm(limits.verbAt),
};

for (const note of invocation.notes) console.warn(`exitrd: ${note}`);
for (const note of notes) console.warn(`exitrd: ${parameterLine(note)}`);
guard("the check of this image", () => checkOwnTree(hostFiles, hostDigests.sha256, ports, console));
try {
  takeDown(makePolicy("exitrd", settings), verb, limits, ports, console, () =>
    // Hooks get half of the time, or one that hangs would leave none to release anything.
    enterStage("before-umount", (clock.now() + limits.releaseUntil) / 2),
  );
} catch (thrown) {
  // A bug of ours must not cost the sync and the verb that follow.
  console.warn(`exitrd: cannot release the storage: ${String(thrown)}, going on`);
}
// One part of what is left for hooks, one for the sync, one for what comes after it.
const partMs = (limits.verbAt - limits.saveUntil) / 3;
enterStage("after-umount", limits.saveUntil + partMs);
if (logLevel >= LOG_DEBUG) console.info(`exitrd: ${readPeak()} resident at most`);
const syncUntil = hasPrograms(ports) ? limits.verbAt - partMs : limits.verbAt;
if (!syncBounded(Math.max(1_000, syncUntil - clock.now()), ports)) {
  console.warn("exitrd: cannot sync everything in time, ignoring");
}
const socket = invocation.notifySocket;
// In a child: a socket whose reader has stopped reading takes nothing, for ever.
if (socket !== undefined) runTask(() => announce(socket), NOTIFY_LIMIT_MS, ports);
enterStage("before-verb", limits.verbAt);
guard("the scripts of systemd", () =>
  runSystemdScripts(verb, limitPrograms(limits.verbAt), ports, console),
);
// Last of all: whatever ran before has given its memory back.
if (settings.wipe === true) {
  guard("the erasing of memory", () =>
    eraseMemory(limits.verbAt - clock.now(), { ...ports, memory: hostMemory }, console),
  );
}
// Nobody pings it for a machine that is halted, and it would be reset.
if (verb === "halt" && settings.haltWatchdog !== "keep" && !watchdog.disarm()) {
  console.warn("exitrd: cannot disarm the watchdog, which will reset this machine, ignoring");
}
endMachine(verb, readRebootParameter(), settings.sysRq === true, hostPower);

/** Lets the last resort wait until a moment of the clock, and a little longer. */
function armAlarm(until: number): void {
  const remaining = Math.max(0, until - clock.now());
  armLastResort(remaining + LAST_RESORT_GRACE_MS, commandOf(invocation.verb));
}

function limitPrograms(until: number): ProgramLimits {
  return { eachMs: settings.hookTimeoutMs ?? DEFAULT_HOOK_TIMEOUT_MS, until };
}

/** Opens the debug shell that was asked for here, and runs the hooks. True if there was any. */
function enterStage(stage: Stage, until: number): boolean {
  const isBreak = stage === breakAt;
  if (isBreak) guard("a debug shell", () => openDebugShell(stage, verb, ports, console));
  let hasRun = true;
  guard("the hooks", () => {
    hasRun = runHooks(stage, verb, limitPrograms(until), ports, console);
  });
  return hasRun || isBreak;
}

/** A bug of ours around what was added must not cost what every shutdown needs. */
function guard(what: string, call: () => void): void {
  try {
    call();
  } catch (thrown) {
    console.warn(`exitrd: cannot run ${what}: ${String(thrown)}, going on`);
  }
}

/** proc_pid_status(5): the most memory that this process ever had in RAM. */
function readPeak(): string {
  const status = attempt(() => hostReader.readText("/proc/self/status")) ?? "";
  return /^VmHWM:\s*(.*)$/m.exec(status)?.[1] ?? "unknown";
}

/** What systemd-shutdown's own tail would have told the manager of this machine. */
function announce(socket: string): string {
  const parameter = readRebootParameter();
  if (invocation.exitCode !== undefined) notify(socket, `EXIT_STATUS=${invocation.exitCode}`);
  notify(socket, `X_SYSTEMD_SHUTDOWN=${verb}`);
  if (parameter !== undefined) notify(socket, `X_SYSTEMD_REBOOT_PARAMETER=${parameter}`);
  return "";
}
