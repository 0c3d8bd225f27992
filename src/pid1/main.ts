import { argv, armLastResort, getenv } from "exitrd:sys";
import { parseInvocation } from "../core/parse/invocation.ts";
import { readPolicy } from "../core/plan/policy.ts";
import { divideDeadline } from "../execute/limits.ts";
import type { Ports } from "../execute/ports.ts";
import { runTask } from "../execute/run-task.ts";
import { syncBounded, takeDown } from "../execute/take-down.ts";
import { startClock } from "../host/clock.ts";
import { openConsole } from "../host/console.ts";
import { hostKernel } from "../host/kernel.ts";
import { notify } from "../host/notify.ts";
import { hostReader } from "../host/reader.ts";
import { createTasks } from "../host/tasks.ts";
import { openWatchdog } from "../host/watchdog.ts";
import { attempt } from "../port/sys-error.ts";
import { makeMountsPrivate, mountApiFileSystems, prepareProcess } from "./prepare.ts";
import { commandOf, doVerb, readRebootParameter, settleVerb } from "./verb.ts";

// syslog(3)
const LOG_DEBUG = 7;

// What the last resort leaves script beyond the total deadline, to be late in.
const LAST_RESORT_GRACE_MS = 5_000;

const NOTIFY_LIMIT_MS = 2_000;

// This file is /shutdown: PID 1 after the pivot. It never returns to init and
// never exits; whatever goes wrong below, native/last_resort.c ends in reboot(2).
const clock = startClock();
const invocation = parseInvocation(argv, getenv);
const limits = divideDeadline(invocation.timeoutMs);
armLastResort(limits.verbAt + LAST_RESORT_GRACE_MS, commandOf(invocation.verb));
prepareProcess();
makeMountsPrivate();
mountApiFileSystems();

const verb = settleVerb(invocation.verb);
const console = openConsole();
const ping =
  invocation.watchdog === undefined
    ? () => {}
    : openWatchdog(invocation.watchdog.device, invocation.watchdog.timeoutMs);
const commandLine = attempt(() => hostReader.readText("/proc/cmdline")) ?? "";
const policy = readPolicy("exitrd", commandLine);
const ports: Ports = {
  reader: hostReader,
  kernel: hostKernel,
  tasks: createTasks(),
  clock,
  // Once the time is up, a PID 1 that still runs is to be reset.
  onTick: () => {
    if (clock.now() < limits.verbAt) ping();
  },
};

for (const note of invocation.notes) console.warn(`exitrd: ${note}`);
try {
  takeDown(policy, verb, limits, ports, console);
} catch (thrown) {
  // A bug of ours must not cost the sync and the verb that follow.
  console.warn(`exitrd: cannot release the storage: ${String(thrown)}, going on`);
}
if (invocation.logLevel >= LOG_DEBUG) console.info(`exitrd: ${readPeak()} resident at most`);
if (!syncBounded(Math.max(1_000, limits.verbAt - clock.now()), ports)) {
  console.warn("exitrd: cannot sync everything in time, ignoring");
}
const socket = invocation.notifySocket;
// In a child: a socket whose reader has stopped reading takes nothing, for ever.
if (socket !== undefined) runTask(() => announce(socket), NOTIFY_LIMIT_MS, ports);
doVerb(verb, readRebootParameter());

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
