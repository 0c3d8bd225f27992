import { runTask } from "../observe/run-task.ts";
import { readOrEmpty } from "../port/best-effort.ts";
import type { Digests, FileReader } from "../port/loader.ts";
import type { Console, Memory, Power } from "../port/teardown.ts";
import { makePolicy } from "../teardown/plan/policy.ts";
import { DEFAULT_HOOK_TIMEOUT_MS, type Settings } from "../teardown/settings/values.ts";
import type { Stage } from "../teardown/stage.ts";
import type { Verb } from "../teardown/verb.ts";
import type { Limits } from "./deadline/limits.ts";
import { endMachine, makeReadOnly } from "./end-machine.ts";
import { releaseStorage } from "./fallback/release-storage.ts";
import { type Guard, makeGuard } from "./guard.ts";
import { flushDisks } from "./left/flush-disks.ts";
import { syncBounded } from "./left/sync-bounded.ts";
import type { Ports } from "./ports.ts";
import { openDebugShell, type ShellPorts } from "./programs/debug-shell.ts";
import { hasPrograms, runHooks, runSystemdScripts } from "./programs/hooks.ts";
import type { ProgramLimits } from "./programs/run-programs.ts";
import { checkOwnTree } from "./self-check/check-tree.ts";
import { eraseMemory } from "./wipe/erase-memory.ts";

const NOTIFY_LIMIT_MS = 2_000;
const SHORTEST_SYNC_MS = 1_000;
// Flushing the disks, and having the kernel make all read-only.
const AFTER_SYNC_MS = 3_000;

/** What PID 1 shall do, and how much time it has. */
export interface Shutdown {
  readonly verb: Verb;
  readonly settings: Settings;
  readonly limits: Limits;
  /** The stage at which a debug shell was requested. */
  readonly breakAt: Stage | undefined;
  /** The exit status for the manager of a container or virtual machine. */
  readonly exitCode?: number | undefined;
  readonly notifySocket?: string | undefined;
  readonly isDebugging: boolean;
}

/** The ports of a shutdown. */
export interface ShutdownPorts extends Omit<Ports, "clock" | "reader">, Omit<ShellPorts, "reader"> {
  readonly reader: Ports["reader"];
  readonly files: FileReader;
  readonly digests: Pick<Digests, "sha256">;
  readonly memory: Memory;
  readonly power: Power;
  /** sd_notify(3). Only a child may call it. */
  notify(socket: string, state: string): void;
  /** False if the driver refuses. */
  disarmWatchdog(): boolean;
  /** The argument of `systemctl reboot --reboot-argument`. */
  readRebootParameter(): string | undefined;
}

/**
 * The whole of a shutdown after PID 1 has prepared itself, up to reboot(2). Comes back only
 * where the kernel refuses that.
 *
 * No exception escapes. What fails here is a bug, and costs the part that it is in: none of
 * them may keep the storage from being released and synced, or the machine from its verb.
 */
export function runShutdown(asked: Shutdown, given: ShutdownPorts, console: Console): void {
  const { verb, settings, limits } = asked;
  const guard = makeGuard(console);
  const ports = { ...given, onTick: () => guard("ping the watchdog", given.onTick) };
  const { clock } = ports;
  const enterStage = (stage: Stage, until: number): boolean =>
    runStage(stage, until, { asked, ports, console, guard });

  guard("check this image", () => checkOwnTree(ports.files, ports.digests.sha256, ports, console));
  const isReleased = guard("release the storage", () => {
    const { left } = releaseStorage(
      makePolicy("exitrd", settings),
      verb,
      limits,
      ports,
      console,
      () =>
        // Hooks get half of the time, or one that hangs would leave none to release anything.
        enterStage("before-umount", (clock.now() + limits.releaseUntil) / 2),
    );
    return left.length === 0;
  });
  // One part of what is left for hooks, one for the sync, one for what comes after it.
  const partMs = (limits.verbAt - limits.saveUntil) / 3;
  enterStage("after-umount", limits.saveUntil + partMs);
  if (asked.isDebugging) guard("read /proc/self/status", () => console.info(peakLine(ports)));
  const hasMore = guard("look for further programs", () => hasPrograms(ports)) ?? true;
  guard("sync", () => {
    const until = limits.verbAt - (hasMore ? Math.max(partMs, AFTER_SYNC_MS) : AFTER_SYNC_MS);
    if (!syncBounded(Math.max(SHORTEST_SYNC_MS, until - clock.now()), ports)) {
      console.warn("exitrd: cannot sync all file systems: timed out, ignoring");
    }
  });
  guard("flush the disks", () => flushDisks(ports));
  const socket = asked.notifySocket;
  if (socket !== undefined) {
    // In a child: a socket whose reader has stopped reading blocks for ever.
    guard("notify the manager", () =>
      runTask(() => announce(socket, asked, ports), NOTIFY_LIMIT_MS, ports),
    );
  }
  enterStage("before-verb", limits.verbAt);
  guard("run the scripts of systemd", () =>
    runSystemdScripts(verb, limitPrograms(limits.verbAt, settings), ports, console),
  );
  // Last of all, when everything that ran before has freed its memory.
  if (settings.wipe === true) {
    guard("erase memory", () => eraseMemory(limits.verbAt - clock.now(), ports, console));
  }
  // Nothing pings the watchdog of a halted machine, so it would be reset.
  if (verb === "halt" && settings.haltWatchdog !== "keep") {
    guard("disarm the watchdog", () => {
      if (ports.disarmWatchdog()) return;
      console.warn("exitrd: cannot disarm the watchdog: it will reset the machine, ignoring");
    });
  }
  const parameter = guard("read the reboot parameter", () => ports.readRebootParameter());
  // What could not be made read-only is made so by the kernel itself.
  if (isReleased !== true) guard("make all read-only", () => makeReadOnly(ports.power));
  guard("end the machine", () => endMachine(verb, parameter, settings.sysRq === true, ports.power));
}

interface Running {
  readonly asked: Shutdown;
  readonly ports: ShutdownPorts;
  readonly console: Console;
  readonly guard: Guard;
}

/** Opens the debug shell that was asked for here, and runs the hooks. True if there was any. */
function runStage(stage: Stage, until: number, running: Running): boolean {
  const { ports, console, guard } = running;
  const { verb, settings, breakAt } = running.asked;
  const isBreak = stage === breakAt;
  if (isBreak) guard("open a debug shell", () => openDebugShell(stage, verb, ports, console));
  const hasRun = guard("run the hooks", () =>
    runHooks(stage, verb, limitPrograms(until, settings), ports, console),
  );
  // If running hooks threw, some may have run.
  return (hasRun ?? true) || isBreak;
}

function limitPrograms(until: number, { hookTimeoutMs }: Settings): ProgramLimits {
  return { eachMs: hookTimeoutMs ?? DEFAULT_HOOK_TIMEOUT_MS, until };
}

/** proc_pid_status(5): the most memory that this process ever had in RAM. */
function peakLine({ reader }: ShutdownPorts): string {
  const status = readOrEmpty("/proc/self/status", reader);
  return `exitrd: ${/^VmHWM:\s*(.*)$/m.exec(status)?.[1] ?? "unknown"} resident at most`;
}

/** Sends what systemd-shutdown itself would have sent to the manager of this machine. */
function announce(socket: string, { verb, exitCode }: Shutdown, ports: ShutdownPorts): string {
  const parameter = ports.readRebootParameter();
  if (exitCode !== undefined) ports.notify(socket, `EXIT_STATUS=${exitCode}`);
  ports.notify(socket, `X_SYSTEMD_SHUTDOWN=${verb}`);
  if (parameter !== undefined) ports.notify(socket, `X_SYSTEMD_REBOOT_PARAMETER=${parameter}`);
  return "";
}
