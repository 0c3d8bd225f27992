import { describe, expect, test } from "vitest";
import type { Step } from "../../src/kinds/kinds.ts";
import { listBackingDevs } from "../../src/observe/progress.ts";
import { mountNodeId } from "../../src/teardown/graph/node-id.ts";
import { stepLimitMs } from "../../src/teardown/plan/step-limit.ts";
import { planWatchdog } from "../../src/teardown/plan/watchdog.ts";
import { Hang } from "../fake/fake-tasks.ts";
import { failOn, runTakeDown } from "../fake/run-take-down.ts";
import { lvmOnLuks } from "../fake/stacks.ts";
import {
  makeDevice,
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
