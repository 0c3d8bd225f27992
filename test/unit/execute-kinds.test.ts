import { describe, expect, test } from "vitest";
import { bcacheStopReleaser } from "../../src/kinds/bcache/release.ts";
import type { Failure } from "../../src/teardown/plan/outcome.ts";
import { FakeMachine } from "../fake/fake-machine.ts";
import { Crash, Hang } from "../fake/fake-tasks.ts";
import {
  crypt,
  dm,
  type KindStack,
  listKindStacks,
  makeBcacheMachine,
  onCrypt,
  zram,
} from "../fake/kind-stacks.ts";
import { failOn, runTakeDown } from "../fake/run-take-down.ts";
import { API, disk, mount } from "../fake/stacks.ts";
import { sysError } from "../fake/sys-error.ts";

function failuresOf(machine: FakeMachine): readonly Failure[] {
  const { outcomes } = runTakeDown(machine);
  return outcomes.flatMap((one) => (one.kind === "failed" ? [one.failure] : []));
}

/** The outcome if every call that would release it fails like this. */
function failEach(
  { machine: make, calls }: KindStack,
  makeError: () => Error,
): { readonly failures: readonly Failure[]; readonly machine: FakeMachine } {
  const machine = make();
  failOn(machine, calls, makeError);
  return { failures: failuresOf(machine), machine };
}

function expectBackingStays({ backing, refused }: KindStack, machine: FakeMachine): void {
  if (refused === undefined) expect(machine.calls).not.toContain(backing);
  else expect(machine.mounts.map(({ target }) => target)).toContain(refused);
}

describe.each(listKindStacks())("$name", (stack) => {
  const { machine: make, calls, backing, vanish } = stack;
  const [call] = calls;

  test("is released before its backing, without a failed call", () => {
    const machine = make();
    const { left, outcomes } = runTakeDown(machine);
    expect(left).toEqual([]);
    expect(outcomes.every((outcome) => outcome.kind === "released")).toBe(true);
    expect(machine.calls).toContain(call);
    if (backing !== undefined) {
      expect(machine.calls.indexOf(call)).toBeLessThan(machine.calls.indexOf(backing));
    }
  });

  test("that is busy is reported, and its backing is left alone", () => {
    const { failures, machine } = failEach(stack, () => sysError("ioctl", "EBUSY"));
    expect(failures[0]).toEqual({ kind: "busy", holders: [] });
    expectBackingStays(stack, machine);
  });

  test("that fails is reported with the call and the error, and its backing is left alone", () => {
    const { failures, machine } = failEach(stack, () => sysError("ioctl", "EIO"));
    expect(failures[0]).toEqual({
      kind: "error",
      syscall: "ioctl",
      code: "EIO",
      words: "Input/output error",
    });
    expectBackingStays(stack, machine);
  });

  test("that another process releases in the meantime is reported as released", () => {
    const machine = make();
    failOn(machine, [call], () => {
      vanish(machine);
      return sysError("ioctl", "ENXIO");
    });
    expect(failuresOf(machine)).toEqual([]);
    if (backing !== undefined) expect(machine.calls).toContain(backing);
  });

  test("that hangs is abandoned, and its backing is left alone", () => {
    const { failures, machine } = failEach(stack, () => new Hang());
    const hung = failures.filter(({ kind }) => kind === "hung");
    // A mount has a second attempt, which detaches it; here that hangs as well.
    const attempts = stack.name.startsWith("umount") ? 2 : 1;
    expect(hung).toEqual(Array(attempts).fill({ kind: "hung", limitMs: expect.any(Number) }));
    expectBackingStays(stack, machine);
  });

  test("whose child is killed is reported as failed, and its backing is left alone", () => {
    const { failures, machine } = failEach(stack, () => new Crash());
    expect(failures[0]).toEqual({ kind: "crashed", signal: 11 });
    expectBackingStays(stack, machine);
  });

  test("is verified: a call that succeeds without effect is not believed", () => {
    const machine = make();
    for (const each of calls) machine.ignored.add(each);
    expect(failuresOf(machine)[0]).toEqual({ kind: "still-there" });
    expectBackingStays(stack, machine);
  });
});

test("a write cache is flushed before it is removed", () => {
  const machine = onCrypt({ ...dm, target: "writecache" })();
  runTakeDown(machine);
  expect(machine.calls.filter((call) => call.startsWith("dm-"))).toEqual([
    "dm-message 253:1 0 flush_on_suspend",
    "dm-remove 253:1",
    "dm-remove 253:0",
  ]);
});

test("a suspended device without holders is removed without being resumed", () => {
  const machine = onCrypt({ ...dm, suspended: true })();
  runTakeDown(machine);
  expect(machine.calls).not.toContain("dm-resume 253:1");
  expect(machine.devices).toEqual([disk]);
});

test("an array that is being deleted, and whose state is busy, counts as stopped", () => {
  const machine = onCrypt({ name: "md0", dev: "9:0", slaves: ["dm-0"], kind: "md" })();
  const readText = machine.readText.bind(machine);
  machine.readText = (path) => {
    const isStopped = machine.calls.includes("md-stop md0");
    if (isStopped && path === "/sys/block/md0/md/array_state") throw sysError("read", "EBUSY");
    return readText(path);
  };
  expect(failuresOf(machine)).toEqual([]);
  expect(machine.calls).toContain("dm-remove 253:0");
});

test("a swap that does not fit into memory is left and reported, and so are its backings", () => {
  const machine = new FakeMachine({ mounts: API, devices: [disk, crypt], swaps: ["/dev/dm-0"] });
  machine.usedKib = 500_000;
  machine.memAvailableKib = 400_000;
  const { left, lines } = runTakeDown(machine);
  expect(machine.steps.filter((call) => call !== "sync")).toEqual([]);
  expect(left).toEqual(["/dev/dm-0", "below"]);
  expect(lines).toContain("exitrd: cannot release '/dev/dm-0': not enough memory, ignoring");
});

test("a FUSE mount whose server hangs is aborted once the server has been killed", () => {
  const machine = new FakeMachine({
    mounts: [...API, mount(10, 1, "0:60", "/oldroot", "fuse.sshfs", "host:/")],
  });
  failOn(machine, "umount /oldroot", () => new Hang());
  const { left, outcomes, tasks } = runTakeDown(machine);
  expect(machine.steps).toEqual(["umount /oldroot", "umount-force /oldroot"]);
  expect(outcomes.map(({ kind }) => kind)).toEqual(["failed", "released"]);
  expect(left).toEqual([]);
  expect(tasks.clock.now()).toBeLessThan(25_000);
});

test("a DRBD of an unknown version is left, with its backings, and the required tool is named", () => {
  const machine = onCrypt({ name: "drbd0", dev: "147:0", slaves: ["dm-0"], kind: "disk" })();
  const { left, lines } = runTakeDown(machine);
  expect(left).toEqual(["below", "drbd0"]);
  expect(lines).toContain(
    "exitrd: cannot release 'drbd0': drbdsetup is not in the image, ignoring",
  );
  expect(machine.steps.filter((call) => call !== "sync")).toEqual([]);
});

test("all volumes of a DRBD resource are taken down at once, after the holders of each", () => {
  const volume = { kind: "drbd", label: "r0" } as const;
  const machine = new FakeMachine({
    mounts: [...API, mount(10, 1, "147:1", "/oldroot", "ext4", "/dev/drbd1")],
    devices: [
      disk,
      crypt,
      { ...dm, slaves: ["nvme0n1"] },
      { ...volume, name: "drbd0", dev: "147:0", slaves: ["dm-0"] },
      { ...volume, name: "drbd1", dev: "147:1", slaves: ["dm-1"] },
    ],
  });
  expect(runTakeDown(machine).left).toEqual([]);
  expect(machine.steps.slice(0, 2)).toEqual(["umount /oldroot", "drbd-down r0"]);
});

test("a dirty bcache is written back before it is stopped, which is reported", () => {
  const machine = makeBcacheMachine();
  const { lines } = runTakeDown(machine);
  expect(machine.steps.slice(1, 3)).toEqual(["bcache-write-back bcache0", "bcache-stop bcache0"]);
  expect(lines.some((line) => line.includes("bcache, written back"))).toBe(true);
});

test("a bcache that is not clean in time is stopped nevertheless, which is reported", () => {
  const machine = makeBcacheMachine();
  failOn(machine, "bcache-write-back bcache0", () => sysError("open", "EACCES"));
  const { left, lines } = runTakeDown(machine);
  expect(left).toEqual([]);
  expect(lines.some((line) => line.includes("bcache, dirty data left in its cache"))).toBe(true);
});

test.each([
  ["while data is written, until what is below it needs the time", 2, 57_500],
  ["for 40 s if hardly anything is", 0.1, 42_500],
])("a bcache is written back %s", (_, mibPerSecond, stoppedMs) => {
  const machine = makeBcacheMachine();
  failOn(machine, "bcache-write-back bcache0", () => sysError("open", "EACCES"));
  machine.mounts.pop();
  let now = 0;
  machine.sleep = (ms) => {
    now += ms;
  };
  const readText = machine.readText.bind(machine);
  machine.readText = (path) => {
    const sectors = Math.floor((now * mibPerSecond * 2048) / 1000);
    return path.startsWith("/sys/dev/block/") ? `1 0 0 0 1 0 ${sectors} 0 0 0 0\n` : readText(path);
  };
  const clock = { now: () => now };
  const ports = { reader: machine, kernel: machine, clock, untilMs: 75_000 };
  const step = { kind: "bcache-stop", name: "bcache0", dev: "252:0", backing: "dm-0" } as const;
  expect(bcacheStopReleaser.perform(step, ports)).toBe("left-dirty");
  expect(machine.steps).toContain("bcache-stop bcache0");
  expect(now).toBe(stoppedMs);
});

test("a zram with swap on it is reset after the swap", () => {
  const machine = new FakeMachine({ mounts: API, devices: [zram], swaps: ["/dev/zram0"] });
  runTakeDown(machine);
  expect(machine.steps).toEqual(["swapoff /dev/zram0", "zram-reset zram0"]);
});
