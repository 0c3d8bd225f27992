import { argv, monotonic, readPage, write } from "exitrd:sys";
import { createTasks } from "../../src/host/tasks.ts";
import { observeMachine } from "../../src/observe/complete.ts";
import type { Reader } from "../../src/port/teardown.ts";

// Runs in QuickJS: measures how long it takes to observe N device-mapper devices that all answer,
// including children and pipes. Every attribute costs a read of a real file. Prints one line of
// JSON per size.
for (const word of argv.slice(1)) measure(Number(word));

function measure(count: number): void {
  const reader = makeReader(count);
  const start = monotonic();
  const ports = { tasks: createTasks(), clock: { now: monotonic }, onTick() {} };
  const until = start + 60_000;
  const snapshot = observeMachine(until, { reader, claims: undefined, ...ports });
  const tookMs = monotonic() - start;
  const mute = snapshot?.devices.filter((device) => device.mute).length;
  write(1, `${JSON.stringify({ count, devices: snapshot?.devices.length, mute, tookMs })}\n`);
}

function makeReader(count: number): Reader {
  const names = Array.from({ length: count }, (_, index) => `dm-${index}`);
  const readAttribute = (): string => readPage("/sys/kernel/mm/transparent_hugepage/enabled");
  return {
    readText: (path) => {
      if (path === "/proc/self/mountinfo") return "1 0 0:30 / / rw - tmpfs tmpfs rw\n";
      if (!path.startsWith("/sys/class/block/")) return "";
      const text = readAttribute();
      const device = /^\/sys\/class\/block\/dm-([0-9]+)\/(.*)$/.exec(path);
      if (device?.[2] === "dev") return `253:${device[1]}\n`;
      return device?.[2] === "partition" ? readPage("/sys/none") : `${text.length}\n`;
    },
    readDir: (path) => {
      if (path === "/sys/class/block") return names;
      return path.endsWith("/slaves") ? ["sda1"] : [];
    },
    readLink: () => readPage("/sys/none"),
    stat: () => ({ dev: "0:5", rdev: "8:0", mountId: 1, uid: 0, isBlock: true, isProgram: false }),
    readAttribute: () => "",
    kernelRelease: () => "6.1.0",
    readDm: (dev) => {
      readAttribute();
      return {
        name: `vg-data${dev}`,
        uuid: "LVM-abcdefghijklmnopqrstuvwxyz0123456789",
        suspended: false,
        openCount: 1,
        deferredRemove: false,
        targets: [{ start: 0, length: 8192, type: "linear" }],
      };
    },
    readLoopBackingDev: () => "8:1",
    readMdBitmapFile: () => "",
    readDrbdResource: () => undefined,
    readZvolName: () => "",
    readPoolLabel: () => undefined,
  };
}
