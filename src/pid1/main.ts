import { sha256 } from "exitrd:digest";
import { argv, armLastResort, getenv, readFile, realtime } from "exitrd:sys";
import { divideDeadline, LAST_RESORT_GRACE_MS } from "../execute/deadline/limits.ts";
import { runShutdown } from "../execute/run-shutdown.ts";
import type { ShutdownPorts } from "../execute/shutdown.ts";
import { startClock } from "../host/clock.ts";
import { openConsole } from "../host/console.ts";
import { hostFiles } from "../host/files.ts";
import { hostVariables } from "../host/firmware-variables.ts";
import { hostHiddenMounts } from "../host/hidden-mounts.ts";
import { hostKernel } from "../host/kernel.ts";
import { hostManagementController } from "../host/management-controller.ts";
import { hostMemory } from "../host/memory.ts";
import { notify } from "../host/notify.ts";
import { commandOf, hostPower } from "../host/power.ts";
import { createPrograms } from "../host/programs.ts";
import { hostRawDevices } from "../host/raw-devices.ts";
import { hostReader } from "../host/reader.ts";
import { createTasks } from "../host/tasks.ts";
import { attempt } from "../port/sys-error.ts";
import { parseInvocation } from "../teardown/parse/invocation.ts";
import { parameterLine } from "../teardown/report/config-lines.ts";
import { verbPlace } from "../text/tree-paths.ts";
import { enterEarly } from "./setup/enter-early.ts";
import { leaveEarly } from "./setup/leave-early.ts";
import {
  makeMountsPrivate,
  mountApiFileSystems,
  prepareProcess,
  reopenConsole,
} from "./setup/prepare.ts";
import { readSettings } from "./setup/read-settings.ts";
import { startWatchdog } from "./setup/start-watchdog.ts";
import { readRebootParameter, settleVerb } from "./setup/verb.ts";

/** Set by the build from package.json. */
declare const EXITRD_VERSION: string;

// syslog(3)
const LOG_DEBUG = 7;

// This file is /shutdown: PID 1 after the pivot, or before it (`enterEarly`). It never returns to
// init and never exits; if anything below fails, native/last_resort.c calls reboot(2).
const clock = startClock();
const handed = attempt(() => readFile(verbPlace, 16));
const invocation = parseInvocation(argv, getenv, handed);
armAlarm(invocation.timeoutMs);
const tasks = createTasks();
const isEarly = enterEarly(argv, () => leaveEarly(invocation, tasks, clock, armAlarm));
// Created before PID 1 raises its own limits and priority, since programs get the current ones.
const programs = createPrograms();
prepareProcess();
makeMountsPrivate();
mountApiFileSystems();
if (handed !== undefined || isEarly) reopenConsole();

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
  tasks,
  programs,
  files: hostFiles,
  digests: { sha256: (data) => sha256(data) },
  memory: hostMemory,
  hidden: hostHiddenMounts,
  power: hostPower,
  rawDevices: hostRawDevices,
  variables: hostVariables,
  managementController: hostManagementController,
  describeRun: () => ({
    version: EXITRD_VERSION,
    kernel: hostReader.kernelRelease(),
    madeAt: Math.round(realtime()),
  }),
  clock,
  notify,
  disarmWatchdog: () => watchdog.disarm(),
  readRebootParameter,
  // After the deadline, the watchdog shall reset a machine on which PID 1 is still running.
  onTick: () => {
    if (clock.now() < limits.verbAt) watchdog.ping();
  },
  holdAlarm: () => armLastResort(0, commandOf(invocation.verb)),
  armAlarm: () => armAlarm(limits.verbAt),
};

for (const note of invocation.notes) console.warn(`exitrd: ${note}`);
for (const note of notes) console.warn(`exitrd: ${parameterLine(note)}`);
const isDebugging = logLevel >= LOG_DEBUG;
const asked = { ...invocation, verb, settings, limits, breakAt, isDebugging, isEarly };
runShutdown(asked, ports, console);

/** Sets the last resort's alarm to a time of the clock, plus the grace period. */
function armAlarm(until: number): void {
  const remaining = Math.max(0, until - clock.now());
  armLastResort(remaining + LAST_RESORT_GRACE_MS, commandOf(invocation.verb));
}
