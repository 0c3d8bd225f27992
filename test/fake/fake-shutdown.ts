import { divideDeadline } from "../../src/execute/deadline/limits.ts";
import { runShutdown } from "../../src/execute/run-shutdown.ts";
import type { Shutdown, ShutdownPorts } from "../../src/execute/shutdown.ts";
import type { FakeMachine } from "./fake-machine.ts";
import { FakeTasks } from "./fake-tasks.ts";
import { makeConsole } from "./make-console.ts";
import { lvmOnLuks } from "./stacks.ts";
import { sysError } from "./sys-error.ts";
import { watchCalls } from "./watch-calls.ts";

/** The contents of the image: a hook, a script of systemd and a shell. */
const directories: Readonly<Record<string, readonly string[]>> = {
  "/usr/lib/exitrd/hooks.d": ["10-hook"],
  "/usr/lib/systemd/system-shutdown": ["script"],
  "/oldroot/usr/lib/systemd/system-shutdown": ["script"],
  "/sys/firmware/efi": ["efivars"],
};

/** Other files of the kernel: one of the three devices was written to. */
const files: Readonly<Record<string, string>> = {
  "/proc/self/status": "VmHWM:\t9 kB\n",
  "/sys/block/dm-0/stat":
    "       9        0       72        1        0        0        0        0\n",
  "/sys/block/dm-1/stat":
    "       9        0       72        1        0        0        0        0\n",
  "/sys/block/nvme0n1/stat":
    "       9        0       72        1        7        0       56        1\n",
};

/** Everything that a shutdown can be asked to do. */
const asked: Shutdown = {
  verb: "halt",
  settings: { wipe: true },
  limits: divideDeadline(90_000),
  breakAt: "before-umount",
  exitCode: 3,
  notifySocket: "/run/host/notify",
  isDebugging: true,
};

export interface ShutdownRun {
  /** The relevant actions, in order. */
  readonly events: readonly string[];
  readonly lines: readonly string[];
  /** When reboot(2) was called, in milliseconds: to sleep takes no time. */
  readonly endMs: number;
}

/**
 * Runs a whole shutdown of a machine with root on LVM on LUKS. `before` is called ahead of every
 * port call except those of the clock and the alarm; if it throws, the call throws that.
 */
export function runFakeShutdown(
  change: Partial<Shutdown> = {},
  before: (call: string) => void = () => {},
  hidden: readonly string[] = [],
  more: Readonly<Record<string, string>> = {},
  changeMachine: (machine: FakeMachine) => void = () => {},
): ShutdownRun {
  const events: string[] = [];
  const lines: string[] = [];
  const note = (event: string): void => {
    events.push(event);
  };
  const say = (line: string): void => {
    lines.push(line);
  };
  const machine = makeMachine(note, more);
  changeMachine(machine);
  const ports = makePorts(machine, note, before, hidden);
  runShutdown({ ...asked, ...change }, ports, makeConsole(say));
  return { events, lines, endMs: ports.clock.now() };
}

function makePorts(
  machine: FakeMachine,
  note: (event: string) => void,
  before: (call: string) => void,
  hidden: readonly string[],
): ShutdownPorts {
  const tasks = new FakeTasks();
  const ran = { kind: "exited", status: 0 } as const;
  const watch = <T extends object>(port: T): T => watchCalls(port, before);
  return {
    reader: watch(machine),
    kernel: watch(machine),
    tasks: watch(tasks),
    clock: { now: tasks.clock.now, stop() {}, go() {} },
    holdAlarm() {},
    armAlarm() {},
    programs: watch({
      run: (path, [argument]) => {
        note(`run ${path.split("/").at(-1)} ${argument}`);
        return ran;
      },
      runShell: () => {
        note("shell");
        return ran;
      },
    }),
    files: watch({
      status: () => {
        note("check");
        return undefined;
      },
      readBytes: () => failToOpen(),
      readText: () => failToOpen(),
      realPath: () => undefined,
      readDir: () => [],
      readLink: () => failToOpen(),
      isExecutable: () => false,
    }),
    digests: watch({ sha256: () => "" }),
    variables: watch({ writeVariable: () => failToOpen() }),
    managementController: watch({ request: () => failToOpen() }),
    rawDevices: watch({ withDevice: () => failToOpen() }),
    describeRun: () => ({ version: "1", kernel: "6.1", madeAt: 0 }),
    memory: watch({
      release: () => note("erase"),
      shrinkSlab() {},
      holdProcesses() {},
      offerToOomKiller() {},
      pageSize: () => 4096,
      take() {},
      takeOn() {},
    }),
    hidden: watch({
      rehearse: () => hidden,
      uncover: () => {
        note("uncover");
        return hidden;
      },
    }),
    power: watch({ reboot: (verb) => note(`reboot ${verb}`), triggerSysRq() {}, sleep() {} }),
    ...spreadWatched(note, before),
  };
}

/** Ports that consist of a single function. */
function spreadWatched(note: (event: string) => void, before: (call: string) => void) {
  return {
    notify: (_: string, state: string) => {
      before("notify");
      note(`notify ${state}`);
    },
    disarmWatchdog: () => {
      before("disarmWatchdog");
      note("disarm");
      return true;
    },
    readRebootParameter: () => {
      before("readRebootParameter");
      return undefined;
    },
    onTick: () => before("onTick"),
  };
}

function makeMachine(note: (event: string) => void, more: Readonly<Record<string, string>>) {
  const machine = lvmOnLuks();
  const { readDir, readText, stat } = machine;
  machine.readDir = (path) => directories[path] ?? readDir.call(machine, path);
  machine.readText = (path) => more[path] ?? files[path] ?? readText.call(machine, path);
  machine.stat = (path) => stat.call(machine, path === "/bin/sh" ? "/" : path);
  machine.beforeCall = (call) => {
    if (!/^(syncfs |umount \/oldroot\/|kill -1 )/.test(call)) note(call);
  };
  return machine;
}

function failToOpen(): never {
  throw sysError("open", "ENOENT");
}
