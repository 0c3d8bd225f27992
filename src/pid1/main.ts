import { argv, armLastResort, getenv } from "exitrd:sys";
import { divideDeadline } from "../execute/deadline/limits.ts";
import { runShutdown, type ShutdownPorts } from "../execute/run-shutdown.ts";
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
import { parseInvocation } from "../teardown/parse/invocation.ts";
import { parameterLine } from "../teardown/report/config-lines.ts";
import { makeMountsPrivate, mountApiFileSystems, prepareProcess } from "./setup/prepare.ts";
import { readSettings } from "./setup/read-settings.ts";
import { startWatchdog } from "./setup/start-watchdog.ts";
import { readRebootParameter, settleVerb } from "./setup/verb.ts";

// syslog(3)
const LOG_DEBUG = 7;

// Grace period between the total deadline and the last resort's alarm.
const LAST_RESORT_GRACE_MS = 5_000;

// This file is /shutdown: PID 1 after the pivot. It never returns to init and
// never exits; if anything below fails, native/last_resort.c calls reboot(2).
const clock = startClock();
const invocation = parseInvocation(argv, getenv);
armAlarm(invocation.timeoutMs);
// Before PID 1 raises its own limits and priority: programs get the current ones.
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
const ports: ShutdownPorts = {
  reader: hostReader,
  kernel: hostKernel,
  tasks: createTasks(),
  programs,
  files: hostFiles,
  digests: hostDigests,
  memory: hostMemory,
  power: hostPower,
  clock,
  notify,
  disarmWatchdog: () => watchdog.disarm(),
  readRebootParameter,
  // After the deadline the watchdog shall reset a machine whose PID 1 is still running.
  onTick: () => {
    if (clock.now() < limits.verbAt) watchdog.ping();
  },
  holdAlarm: () => armLastResort(0, commandOf(invocation.verb)),
  armAlarm: () => armAlarm(limits.verbAt),
};

for (const note of invocation.notes) console.warn(`exitrd: ${note}`);
for (const note of notes) console.warn(`exitrd: ${parameterLine(note)}`);
const isDebugging = logLevel >= LOG_DEBUG;
runShutdown({ ...invocation, verb, settings, limits, breakAt, isDebugging }, ports, console);

/** Sets the last resort's alarm to a time of the clock, plus the grace period. */
function armAlarm(until: number): void {
  const remaining = Math.max(0, until - clock.now());
  armLastResort(remaining + LAST_RESORT_GRACE_MS, commandOf(invocation.verb));
}
