import { describe, expect, test } from "vitest";
import type { Step } from "../../src/kinds/kinds.ts";
import { listBackingDevs } from "../../src/observe/progress.ts";
import { mountNodeId } from "../../src/teardown/graph/node-id.ts";
import { stepLimitMs } from "../../src/teardown/plan/step-limit.ts";
import { planWatchdog } from "../../src/teardown/plan/watchdog.ts";
import { FakeMachine } from "../fake/fake-machine.ts";
import { Hang, Slow } from "../fake/fake-tasks.ts";
import { failOn, runTakeDown } from "../fake/run-take-down.ts";
import { API, disk as fakeDisk, lvmOnLuks, mount } from "../fake/stacks.ts";
import {
  makeDevice,
  makeDm,
  makeLoop,
  makeMount,
  makeSnapshot,
  planFor,
  lvmOnLuks as stack,
} from "./core-builders.ts";

const umount = { kind: "umount", target: "/x", mountId: 1, force: false } as const;

describe("the limit of a step", () => {
  test.each<[string, Step, number]>([
    ["a plain unmount", { ...umount, lazy: false, served: false }, 90_000],
    ["one that waits for a server", { ...umount, lazy: false, served: true }, 20_000],
    ["one that waits for nothing", { ...umount, lazy: true, served: false }, 10_000],
    ["another kind", { kind: "swapoff", path: "/s" }, 60_000],
  ])("for %s, if unmounts are configured to take 90 s", (_, step, limitMs) => {
    expect(stepLimitMs(step, new Map([["umount", 90_000]]))).toBe(limitMs);
  });

  test("can always be lowered", () => {
    const served: Step = { ...umount, lazy: false, served: true };
    expect(stepLimitMs(served, new Map([["umount", 5_000]]))).toBe(5_000);
  });

  test("a step that hangs is abandoned at its configured limit", () => {
    const machine = lvmOnLuks();
    failOn(machine, "umount /oldroot", () => new Hang());
    const { outcomes, tasks } = runTakeDown(machine, 90_000, new Map([["umount", 5_000]]));
    const failures = outcomes.flatMap((one) => (one.kind === "failed" ? [one.failure] : []));
    expect(failures).toEqual(Array(2).fill({ kind: "hung", limitMs: 5_000 }));
    expect(tasks.clock.now()).toBeLessThan(15_000);
  });

  test("a slow step shows its progress each second, with what it waits for", () => {
    const machine = lvmOnLuks();
    failOn(machine, "umount /oldroot", () => new Hang());
    const { shown, lines } = runTakeDown(machine, 90_000, new Map([["umount", 4_000]]));
    expect(shown.slice(0, 3)).toEqual(
      [1, 2, 3].map(
        (second) => `exitrd: umount '/oldroot': ${second} s of 4 s, waiting for 'vg-root'`,
      ),
    );
    expect(lines.filter((line) => line.includes(" of 4 s"))).toEqual([]);
    expect(runTakeDown(lvmOnLuks()).shown).toEqual([]);
  });

  test("no configuration lets a step run beyond the time for releasing", () => {
    const machine = lvmOnLuks();
    failOn(machine, "umount /oldroot", () => new Hang());
    const { tasks } = runTakeDown(machine, 30_000, new Map([["umount", 3_600_000]]));
    expect(tasks.clock.now()).toBeLessThan(30_000);
  });
});

describe("progress is measured", () => {
  const root = makeMount(10, 1, "8:1", "/oldroot", "ext4");
  const image = makeMount(11, 10, "7:0", "/oldroot/data", "ext4");
  const disk = makeDevice("sda1", "8:1");
  const swap = { path: "/swapfile", type: "file", sizeKib: 8, usedKib: 4 } as const;

  test("on the disk of an image, too: it alone shows a flush of the loop device", () => {
    const loop = makeLoop("loop0", "7:0", "/data.img", "8:1");
    const { graph } = planFor(makeSnapshot([root, image], [loop, disk]), "exitrd");
    expect(listBackingDevs(mountNodeId(11), graph)).toEqual(["7:0", "8:1"]);
    expect(listBackingDevs(mountNodeId(10), graph)).toEqual(["8:1"]);
  });

  test("on the disk of a swap file", () => {
    const { graph } = planFor(makeSnapshot([root], [disk], [swap]), "exitrd");
    const id = [...graph.nodes.values()].find(({ kind }) => kind === "swap")?.id ?? "";
    expect(listBackingDevs(id, graph)).toEqual(["8:1"]);
  });

  test("at the nearest device alone, where all that is written passes through it", () => {
    const volume = makeMount(10, 1, "253:1", "/oldroot", "ext4");
    const { graph } = planFor(makeSnapshot([volume], stack), "exitrd");
    expect(listBackingDevs(mountNodeId(10), graph)).toEqual(["253:1"]);
  });

  test("of a mount on its own devices, not on those of the mount that it lies on", () => {
    const nas = makeMount(12, 10, "0:50", "/oldroot/nas", "nfs4", { source: "nas:/" });
    const data = makeMount(13, 10, "8:17", "/oldroot/data", "ext4");
    const disks = [disk, makeDevice("sdb1", "8:17")];
    const { graph } = planFor(makeSnapshot([root, nas, data], disks), "exitrd");
    expect(listBackingDevs(mountNodeId(12), graph)).toEqual([]);
    expect(listBackingDevs(mountNodeId(13), graph)).toEqual(["8:17"]);
  });

  test("below a loop device that is itself below a volume", () => {
    const loop = makeLoop("loop0", "7:0", "/data.img", "8:1");
    const volume = makeDevice("dm-0", "253:0", ["loop0"], { dm: makeDm("crypt", "crypt") });
    const inner = makeMount(11, 10, "253:0", "/oldroot/data", "ext4");
    const { graph } = planFor(makeSnapshot([root, inner], [loop, volume, disk]), "exitrd");
    expect(listBackingDevs(mountNodeId(11), graph)).toEqual(["253:0", "8:1"]);
  });

  test("by what is unwritten, if the file of an image is on a server", () => {
    const nas = makeMount(12, 10, "0:50", "/oldroot/nas", "nfs4", { source: "nas:/" });
    const loop = makeLoop("loop0", "7:0", "/nas/data.img", "0:50");
    const { graph } = planFor(makeSnapshot([root, nas, image], [loop, disk]), "exitrd");
    expect(listBackingDevs(mountNodeId(11), graph)).toEqual([]);
  });

  test("not on the disk of the directory that a swap partition's name is in", () => {
    const partition = { ...swap, path: "/dev/sdb1", type: "partition", dev: "8:17" } as const;
    const disks = [disk, makeDevice("sdb1", "8:17")];
    const { graph } = planFor(makeSnapshot([root], disks, [partition]), "exitrd");
    expect(graph.backings.get("swap:/dev/sdb1")).toEqual(["block:8:17", "mount:10"]);
    expect(listBackingDevs("swap:/dev/sdb1", graph)).toEqual(["8:17"]);
  });

  test("on the members of an array and the disk of a loop device that are stopped", () => {
    const loop = makeLoop("loop0", "7:0", "/data.img", "8:1");
    const array = makeDevice("md0", "9:0", ["sdb1", "loop0"], {
      md: { level: "raid1", arrayState: "clean", metadataVersion: "1.2", bitmapLocation: "none" },
    });
    const disks = [disk, loop, array, makeDevice("sdb1", "8:17")];
    const { graph } = planFor(makeSnapshot([root], disks), "exitrd");
    expect(listBackingDevs("block:7:0", graph)).toEqual(["8:1"]);
    expect(listBackingDevs("block:9:0", graph)).toEqual(["7:0", "8:17", "8:1"]);
  });

  test("in linear time, however many mounts are stacked or images are inside one another", () => {
    const mounts = [root];
    const loops = [disk];
    for (let n = 11; n < 5_011; n++) mounts.push(makeMount(n, n - 1, `0:${n}`, "/oldroot", "nfs4"));
    for (let n = 1; n <= 30; n++) {
      loops.push(makeLoop(`loop${n}`, `7:${n}`, `/i${n}.img`, mounts.at(-1)?.dev ?? ""));
      mounts.push(makeMount(9_000 + n, mounts.at(-1)?.id ?? 0, `7:${n}`, `/oldroot/${n}`, "ext4"));
    }
    const { graph } = planFor(makeSnapshot(mounts, loops), "exitrd");
    const start = performance.now();
    for (const { id } of mounts) listBackingDevs(mountNodeId(id), graph);
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});

describe("a slow step is not abandoned", () => {
  /** Makes one call take 40 s, while each reading of `path` shows that data has moved. */
  function slowDown(machine: FakeMachine, slow: string, path: string, show: (n: number) => string) {
    let isSlow = true;
    machine.beforeCall = (call) => {
      if (!isSlow || call !== slow) return;
      isSlow = false;
      throw new Slow(40_000);
    };
    let readings = 0;
    const readText = machine.readText.bind(machine);
    machine.readText = (asked) => {
      if (asked !== path) return readText(asked);
      readings += 1;
      return show(readings);
    };
  }

  test("while only what is unwritten shows that a server receives it", () => {
    const machine = lvmOnLuks();
    machine.mounts.push(mount(50, 10, "0:90", "/oldroot/nas", "nfs4", "nas:/"));
    machine.texts = new Map([["/sys/dev/block/253:1/stat", "0 0 1000 0 0 0 1000 0 0 0 0"]]);
    const showUnwritten = (n: number): string =>
      `MemAvailable: 999999 kB\nDirty: ${9_000_000 - 9_000 * n} kB\nWriteback: 0 kB\n`;
    slowDown(machine, "syncfs /oldroot/nas", "/proc/meminfo", showUnwritten);
    const { left, outcomes } = runTakeDown(machine);
    expect(left).toEqual([]);
    expect(outcomes.filter(({ kind }) => kind === "failed")).toEqual([]);
  });

  test("while the disk of a loop device that is flushed shows it", () => {
    const machine = new FakeMachine({
      mounts: [...API, mount(10, 1, "259:0", "/oldroot", "ext4", "/dev/nvme0n1")],
      devices: [
        fakeDisk,
        { name: "loop0", dev: "7:0", slaves: [], kind: "loop", label: "/i", backingDev: "259:0" },
      ],
    });
    const stat = "/sys/dev/block/259:0/stat";
    slowDown(machine, "loop-detach loop0", stat, (n) => `0 0 0 0 0 0 ${9_000 * n} 0 0 0 0`);
    const { left, outcomes } = runTakeDown(machine);
    expect(left).toEqual([]);
    expect(outcomes.filter(({ kind }) => kind === "failed")).toEqual([]);
  });

  test("and a fault in measuring costs its extension only", () => {
    const machine = lvmOnLuks();
    const readText = machine.readText.bind(machine);
    machine.readText = (path) => {
      if (path.endsWith("/stat") && path.startsWith("/sys/dev")) throw new RangeError("overflow");
      return readText(path);
    };
    expect(runTakeDown(machine).left).toEqual([]);
  });
});

describe("the watchdog", () => {
  const systemd = { device: "/dev/watchdog1", timeoutMs: 600_000 };

  test("is the one that systemd armed, by default", () => {
    expect(planWatchdog(undefined, systemd)).toEqual({ kind: "arm", ...systemd });
    expect(planWatchdog(undefined, undefined)).toEqual({ kind: "leave" });
    const device = "/dev/watchdog1";
    expect(planWatchdog(undefined, { device })).toEqual({ kind: "arm", device });
    expect(planWatchdog("off", { device })).toEqual({ kind: "disarm", device });
  });

  test("is armed for every verb if that is configured", () => {
    const arm = { kind: "arm", timeoutMs: 30_000 };
    expect(planWatchdog(30_000, systemd)).toEqual({ ...arm, device: "/dev/watchdog1" });
    expect(planWatchdog(30_000, undefined)).toEqual({ ...arm, device: "/dev/watchdog0" });
  });

  test("is disarmed if it is armed, and otherwise not opened, since that would arm it", () => {
    expect(planWatchdog("off", systemd)).toEqual({ kind: "disarm", device: "/dev/watchdog1" });
    expect(planWatchdog("off", undefined)).toEqual({ kind: "leave" });
  });
});
