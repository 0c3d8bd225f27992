import { describe, expect, test } from "vitest";
import type { Failure } from "../../src/teardown/plan/outcome.ts";
import { type FakeDevice, FakeMachine } from "../fake/fake-machine.ts";
import { Hang } from "../fake/fake-tasks.ts";
import { failOn, runTakeDown } from "../fake/run-take-down.ts";
import { API, disk, mount } from "../fake/stacks.ts";
import { sysError } from "../fake/sys-error.ts";

/** One kind of storage, on one backing that has a step too, except where nothing lies below. */
interface Kind {
  readonly name: string;
  readonly machine: () => FakeMachine;
  /** The call that releases it. */
  readonly call: string;
  /** The call that releases what it lies on, which must come after. */
  readonly backing?: string;
  /** Somebody else releases it. */
  readonly vanish: (machine: FakeMachine) => void;
}

const crypt: FakeDevice = {
  name: "dm-0",
  dev: "253:0",
  slaves: ["nvme0n1"],
  kind: "dm",
  label: "below",
  target: "crypt",
};

function onCrypt(top: FakeDevice, parts: Partial<Parts> = {}): () => FakeMachine {
  return () => new FakeMachine({ mounts: API, ...parts, devices: [disk, crypt, top] });
}

type Parts = ConstructorParameters<typeof FakeMachine>[0];

function removeDevice(name: string): (machine: FakeMachine) => void {
  return (machine) => {
    machine.devices = machine.devices.filter((device) => device.name !== name);
  };
}

/** ext4 on bcache0, which is dm-0 cached by dm-1. */
function bcacheMachine(): FakeMachine {
  const bcache = { name: "bcache0", dev: "252:0", kind: "bcache", label: "12-34" } as const;
  return new FakeMachine({
    mounts: [...API, mount(10, 1, "252:0", "/oldroot", "ext4", "/dev/bcache0")],
    devices: [disk, crypt, { ...dm, slaves: [] }, { ...bcache, slaves: ["dm-0", "dm-1"] }],
    bcacheSets: new Map([["12-34", ["dm-1"]]]),
  });
}

function onlyBlocked(change: Partial<FakeDevice>): () => FakeMachine {
  return () =>
    new FakeMachine({
      mounts: [...API, mount(10, 1, "253:0", "/oldroot", "ext4", "/dev/mapper/below")],
      devices: [disk, { ...crypt, ...change }],
    });
}

const dm = { name: "dm-1", dev: "253:1", slaves: ["dm-0"], kind: "dm", label: "top" } as const;
const zram = { name: "zram0", dev: "254:0", slaves: [], kind: "zram" } as const;

const kinds: readonly Kind[] = [
  {
    name: "mount",
    machine: () =>
      new FakeMachine({
        mounts: [...API, mount(10, 1, "253:0", "/oldroot", "ext4", "/dev/mapper/below")],
        devices: [disk, crypt],
      }),
    call: "umount /oldroot",
    backing: "dm-remove 253:0",
    vanish: (machine) => {
      machine.mounts = machine.mounts.filter(({ id }) => id !== 10);
    },
  },
  {
    name: "swap",
    machine: () => new FakeMachine({ mounts: API, devices: [disk, crypt], swaps: ["/dev/dm-0"] }),
    call: "swapoff /dev/dm-0",
    backing: "dm-remove 253:0",
    vanish: (machine) => {
      machine.swaps = [];
    },
  },
  {
    name: "dm",
    machine: onCrypt(dm),
    call: "dm-remove 253:1",
    backing: "dm-remove 253:0",
    vanish: removeDevice("dm-1"),
  },
  {
    name: "writecache",
    machine: onCrypt({ ...dm, target: "writecache" }),
    call: "dm-remove 253:1",
    backing: "dm-remove 253:0",
    vanish: removeDevice("dm-1"),
  },
  {
    name: "suspended",
    machine: onlyBlocked({ suspended: true }),
    call: "dm-resume 253:0",
    backing: "umount /oldroot",
    vanish: (machine) => {
      machine.devices = [disk, crypt];
    },
  },
  {
    name: "multipath",
    machine: onlyBlocked({ target: "multipath", queues: true }),
    call: "dm-message 253:0 0 fail_if_no_path",
    backing: "umount /oldroot",
    vanish: (machine) => {
      machine.devices = [disk, crypt];
    },
  },
  {
    name: "loop",
    machine: onCrypt({
      name: "loop0",
      dev: "7:0",
      slaves: [],
      kind: "loop",
      label: "/dev/dm-0",
      backingDev: "253:0",
    }),
    call: "loop-detach loop0",
    backing: "dm-remove 253:0",
    vanish: removeDevice("loop0"),
  },
  {
    name: "md",
    machine: onCrypt({ name: "md0", dev: "9:0", slaves: ["dm-0"], kind: "md" }),
    call: "md-stop md0",
    backing: "dm-remove 253:0",
    vanish: removeDevice("md0"),
  },
  {
    name: "zram",
    machine: () => new FakeMachine({ mounts: API, devices: [zram] }),
    call: "zram-reset zram0",
    vanish: removeDevice("zram0"),
  },
  {
    name: "bcache",
    machine: bcacheMachine,
    call: "bcache-stop bcache0",
    backing: "bcache-set-stop 12-34",
    vanish: removeDevice("bcache0"),
  },
  {
    name: "cache set",
    machine: bcacheMachine,
    call: "bcache-set-stop 12-34",
    backing: "dm-remove 253:1",
    vanish: (machine) => {
      machine.bcacheSets = new Map();
    },
  },
  {
    name: "nbd",
    machine: () =>
      new FakeMachine({
        mounts: API,
        devices: [{ name: "nbd0", dev: "43:0", slaves: [], kind: "nbd" }],
      }),
    call: "nbd-disconnect nbd0",
    vanish: removeDevice("nbd0"),
  },
  {
    name: "DRBD",
    machine: onCrypt({ name: "drbd0", dev: "147:0", slaves: ["dm-0"], kind: "drbd", label: "r0" }),
    call: "drbd-down r0",
    backing: "dm-remove 253:0",
    vanish: removeDevice("drbd0"),
  },
];

function failuresOf(machine: FakeMachine): readonly Failure[] {
  const { outcomes } = runTakeDown(machine);
  return outcomes.flatMap((one) => (one.kind === "failed" ? [one.failure] : []));
}

describe.each(kinds)("$name", ({ machine: make, call, backing, vanish }) => {
  test("is released before its backing, with nothing refused", () => {
    const machine = make();
    const { left, outcomes } = runTakeDown(machine);
    expect(left).toEqual([]);
    expect(outcomes.every((outcome) => outcome.kind === "released")).toBe(true);
    expect(machine.calls).toContain(call);
    if (backing !== undefined) {
      expect(machine.calls.indexOf(call)).toBeLessThan(machine.calls.indexOf(backing));
    }
  });

  test("that is busy is said to be, and its backing is left alone", () => {
    const machine = make();
    failOn(machine, call, () => sysError("ioctl", "EBUSY"));
    expect(failuresOf(machine)[0]).toEqual({ kind: "busy", holders: [] });
    expect(machine.calls).not.toContain(backing);
  });

  test("that somebody else released meanwhile counts as released", () => {
    const machine = make();
    failOn(machine, call, () => {
      vanish(machine);
      return sysError("ioctl", "ENXIO");
    });
    expect(failuresOf(machine)).toEqual([]);
    if (backing !== undefined) expect(machine.calls).toContain(backing);
  });

  test("that hangs is abandoned, and its backing is left alone", () => {
    const machine = make();
    failOn(machine, call, () => new Hang());
    expect(failuresOf(machine)).toEqual([{ kind: "hung", limitMs: expect.any(Number) }]);
    expect(machine.calls).not.toContain(backing);
  });

  test("is verified: a call that succeeds without effect is not believed", () => {
    const machine = make();
    machine.ignored.add(call);
    expect(failuresOf(machine)[0]).toEqual({ kind: "still-there" });
    expect(machine.calls).not.toContain(backing);
  });
});

test("a write cache is told to write back before it is removed", () => {
  const machine = onCrypt({ ...dm, target: "writecache" })();
  runTakeDown(machine);
  expect(machine.calls.filter((call) => call.startsWith("dm-"))).toEqual([
    "dm-message 253:1 0 flush_on_suspend",
    "dm-remove 253:1",
    "dm-remove 253:0",
  ]);
});

test("a suspended device that nothing lies on is removed as it is", () => {
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

test("a swap that memory cannot take back stays, is said to, and keeps what it lies on", () => {
  const machine = new FakeMachine({ mounts: API, devices: [disk, crypt], swaps: ["/dev/dm-0"] });
  machine.usedKib = 500_000;
  machine.memAvailableKib = 400_000;
  const { left, lines } = runTakeDown(machine);
  expect(machine.steps.filter((call) => call !== "sync")).toEqual([]);
  expect(left).toEqual(["/dev/dm-0", "below"]);
  expect(lines).toContain("exitrd: '/dev/dm-0' stays: not enough memory");
});

test("a FUSE mount whose server hangs is aborted once the server has been ended", () => {
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

test("a DRBD of a version not known here stays, with what it lies on, and the tool it needs is named", () => {
  const machine = onCrypt({ name: "drbd0", dev: "147:0", slaves: ["dm-0"], kind: "disk" })();
  const { left, lines } = runTakeDown(machine);
  expect(left).toEqual(["below", "drbd0"]);
  expect(lines).toContain("exitrd: 'drbd0' stays: needs drbdsetup, which the image lacks");
  expect(machine.steps.filter((call) => call !== "sync")).toEqual([]);
});

test("all volumes of a DRBD resource are taken down at once, after what lies on any of them", () => {
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

test("a dirty bcache is written back before it is stopped, and that is told", () => {
  const machine = bcacheMachine();
  const { lines } = runTakeDown(machine);
  expect(machine.steps.slice(1, 3)).toEqual(["bcache-write-back bcache0", "bcache-stop bcache0"]);
  expect(lines.some((line) => line.includes("bcache, written back"))).toBe(true);
});

test("a bcache that does not get clean in time is stopped all the same, and that is told", () => {
  const machine = bcacheMachine();
  failOn(machine, "bcache-write-back bcache0", () => sysError("open", "EACCES"));
  const { left, lines } = runTakeDown(machine);
  expect(left).toEqual([]);
  expect(lines.some((line) => line.includes("bcache, dirty data left in its cache"))).toBe(true);
});

test("a zram with swap on it is reset after the swap", () => {
  const machine = new FakeMachine({ mounts: API, devices: [zram], swaps: ["/dev/zram0"] });
  runTakeDown(machine);
  expect(machine.steps).toEqual(["swapoff /dev/zram0", "zram-reset zram0"]);
});
