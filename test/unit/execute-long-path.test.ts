import { describe, expect, test } from "vitest";
import { lookPlainly } from "../../src/execute/fallback/look-plainly.ts";
import { releasePlainly } from "../../src/execute/fallback/release-plainly.ts";
import { clipPaths, LONGEST_PATH, parseMountinfo } from "../../src/kinds/mount/mountinfo.ts";
import { FakeMachine } from "../fake/fake-machine.ts";
import { FakeTasks } from "../fake/fake-tasks.ts";
import { makeConsole } from "../fake/make-console.ts";
import { runTakeDown } from "../fake/run-take-down.ts";
import { API, disk, mount } from "../fake/stacks.ts";
import { sysError } from "../fake/sys-error.ts";

const long = `/oldroot${"/d".repeat(LONGEST_PATH)}`;

/** A user's mount whose path is too long, on the root, beside one whose path is not. */
function makeMachine(): FakeMachine {
  const machine = new FakeMachine({
    mounts: [
      mount(10, 1, "259:0", "/oldroot", "ext4", "/dev/nvme0n1"),
      mount(11, 10, "0:60", long, "fuse.user", "user"),
      mount(12, 11, "0:61", `${long}/on/it`, "fuse.user", "user"),
      mount(13, 10, "0:62", "/oldroot/mnt", "fuse.user", "user"),
      ...API,
    ],
    devices: [disk],
  });
  return machine;
}

const steps = ["umount /oldroot/mnt", "umount /oldroot"];

/** The steps that had a path. */
const listSteps = (machine: FakeMachine) =>
  machine.steps.filter((call) => / \/oldroot/.test(call) && call.startsWith("umount"));

describe("a mount whose path is too long", () => {
  test("is parsed without its path, also if the line was clipped", () => {
    const line = `12 1 0:60 / ${long} rw - fuse.user user rw`;
    expect(parseMountinfo(clipPaths(line))).toEqual(parseMountinfo(line));
    expect(parseMountinfo(line)).toMatchObject([{ target: "", fsType: "fuse.user" }]);
    expect(clipPaths(line).length).toBeLessThan(LONGEST_PATH + 100);
  });

  test("is detached together with the mount that it is on, after everything else there", () => {
    const machine = makeMachine();
    expect(runTakeDown(machine).left).toEqual([]);
    expect(listSteps(machine)).toEqual(steps);
    expect(machine.mounts.filter(({ target }) => target.startsWith("/oldroot"))).toEqual([]);
  });

  test("is left if that fails", () => {
    const machine = makeMachine();
    machine.beforeCall = (call) => {
      if (call === "umount /oldroot") throw sysError("umount2", "EINVAL");
    };
    expect(runTakeDown(machine).left).toEqual(["/oldroot", "mount 11", "mount 12"]);
  });

  test("is left if it is on a mount of our own tree, which stays", () => {
    const machine = makeMachine();
    machine.mounts.push(mount(14, 1, "0:63", `/stray${long}`, "fuse.user", "user"));
    expect(runTakeDown(machine).left).toEqual(["mount 14"]);
  });

  test("is also detached without a plan", () => {
    const machine = makeMachine();
    const tasks = new FakeTasks();
    const ports = { reader: machine, kernel: machine, tasks, clock: tasks.clock, onTick() {} };
    releasePlainly(
      60_000,
      90_000,
      ports,
      makeConsole(() => {}),
      () => {},
    );
    expect(listSteps(machine)).toEqual(steps);
    expect(lookPlainly(90_000, ports)?.mounts.map(({ target }) => target)).not.toContain("");
  });
});
