import { divideDeadline } from "../../src/execute/deadline/limits.ts";
import { runShutdown, type Shutdown, type ShutdownPorts } from "../../src/execute/run-shutdown.ts";
import { FakeTasks } from "./fake-tasks.ts";
import { lvmOnLuks } from "./stacks.ts";
import { sysError } from "./sys-error.ts";
import { watchCalls } from "./watch-calls.ts";

/** What the image has: a hook, a script of systemd and a shell. */
const directories: Readonly<Record<string, readonly string[]>> = {
  "/usr/lib/exitrd/hooks.d": ["10-hook"],
  "/usr/lib/systemd/system-shutdown": ["script"],
};

/** What else the kernel shows: of two devices, one was written to. */
const files: Readonly<Record<string, string>> = {
  "/proc/self/status": "VmHWM:\t9 kB\n",
  "/sys/block/dm-0/stat":
    "       9        0       72        1        0        0        0        0\n",
  "/sys/block/nvme0n1/stat":
    "       9        0       72        1        7        0       56        1\n",
};

/** Everything that can be asked for. */
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
  /** What was done that matters, in order. */
  readonly events: readonly string[];
  readonly lines: readonly string[];
}

/**
 * Runs a whole shutdown of a machine with root on LVM on LUKS. `before` is called ahead of every
 * call to a port but the clock and the alarm: what it throws is what that call throws.
 */
export function runFakeShutdown(
  change: Partial<Shutdown> = {},
  before: (call: string) => void = () => {},
): ShutdownRun {
  const events: string[] = [];
  const lines: string[] = [];
  const note = (event: string): void => {
    events.push(event);
  };
  const say = (line: string): void => {
    lines.push(line);
  };
  const ports = makePorts(note, before);
  runShutdown({ ...asked, ...change }, ports, { info: say, warn: say });
  return { events, lines };
}

function makePorts(note: (event: string) => void, before: (call: string) => void): ShutdownPorts {
  const machine = makeMachine(note);
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
      isExecutable: () => false,
    }),
    digests: watch({ sha256: () => "" }),
    memory: watch({
      release: () => note("erase"),
      shrinkSlab() {},
      holdProcesses() {},
      offerToOomKiller() {},
      take() {},
      takeOn() {},
    }),
    power: watch({ reboot: (verb) => note(`reboot ${verb}`), triggerSysRq() {}, sleep() {} }),
    ...spreadWatched(note, before),
  };
}

/** The ports that are one function each. */
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

function makeMachine(note: (event: string) => void) {
  const machine = lvmOnLuks();
  const { readDir, readText, stat } = machine;
  machine.readDir = (path) => directories[path] ?? readDir.call(machine, path);
  machine.readText = (path) => files[path] ?? readText.call(machine, path);
  machine.stat = (path) => stat.call(machine, path === "/bin/sh" ? "/" : path);
  machine.beforeCall = (call) => {
    if (!/^(syncfs |umount \/oldroot\/|kill -1 )/.test(call)) note(call);
  };
  return machine;
}

function failToOpen(): never {
  throw sysError("open", "ENOENT");
}
