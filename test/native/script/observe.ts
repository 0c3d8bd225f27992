import * as sys from "exitrd:sys";
import { createTasks } from "../../../src/host/tasks.ts";
import type { DmState } from "../../../src/kinds/dm/state.ts";
import { observeMachine } from "../../../src/observe/complete.ts";
import type { Reader } from "../../../src/port/teardown.ts";

// Real children and pipes. Of a hundred devices, some hang for ever, and one kills the child that
// queries it.
const COUNT = 100;
const HUNG = ["253:0", "253:20", "253:21", "253:22", "253:99"];
const DEADLY = "253:50";

const start = sys.monotonic();
const clock = { now: () => sys.monotonic() - start };
const uncounted = (): never => {
  throw new Error("must not be asked");
};

const reader: Reader = {
  readText: (path) => {
    if (path === "/proc/self/mountinfo") return "1 0 0:30 / / rw - tmpfs tmpfs rw\n";
    const [, minor, name] =
      /^\/sys\/class\/block\/dm-([0-9]+)\/(dev|size|dm\/name)$/.exec(path) ?? [];
    if (name === "dev") return `253:${minor}\n`;
    if (name === "dm/name") return `data${minor}\n`;
    return name === "size" ? "8\n" : sys.readFile("/none/of/these");
  },
  readDir: (path) =>
    path === "/sys/class/block"
      ? Array.from({ length: COUNT }, (_, index) => `dm-${index}`)
      : sys.readdir("/none/of/these"),
  readLink: () => sys.readlink("/none/of/these"),
  stat: uncounted,
  readAttribute: uncounted,
  kernelRelease: () => "6.1.0",
  readDm: (dev): DmState => {
    while (HUNG.includes(dev)) sys.sleep(1_000);
    if (dev === DEADLY) sys.kill(sys.getpid(), sys.SIGKILL);
    const rest = { uuid: "", suspended: false, openCount: 1, deferredRemove: false };
    return { name: `asked ${dev}`, ...rest, targets: [] };
  },
  readLoopBackingDev: uncounted,
  readMdBitmapFile: uncounted,
  readDrbdResource: uncounted,
  readZvolName: uncounted,
  readPoolLabel: uncounted,
};

const ports = { reader, claims: undefined, tasks: createTasks(), clock, onTick: () => {} };
const snapshot = observeMachine(60_000, ports);
const devices = snapshot?.devices ?? [];
const result = {
  mute: devices.filter(({ mute }) => mute).map(({ dev, dm }) => `${dev} ${dm?.name}`),
  asked: devices.filter(({ dev, dm }) => dm?.name === `asked ${dev}`).length,
  tookMs: clock.now(),
};
sys.write(1, JSON.stringify(result));
