import { describe, expect, test } from "vitest";
import { FakeMachine } from "../fake/fake-machine.ts";
import { Hang } from "../fake/fake-tasks.ts";
import { failOn, runTakeDown } from "../fake/run-take-down.ts";
import { lvmOnLuks, mount } from "../fake/stacks.ts";
import { sysError } from "../fake/sys-error.ts";

/** Makes every open of these mounts hang for ever. */
function hangOn(machine: FakeMachine, isDead: (target: string) => boolean): void {
  machine.beforeCall = (call) => {
    const [name, target = ""] = call.split(" ");
    if (name === "syncfs" && isDead(target)) throw new Hang();
  };
}

describe("a mount that hangs", () => {
  test("is detached, so that the root below it is released", () => {
    const machine = lvmOnLuks();
    machine.devices.push({ name: "sdz", dev: "65:144", slaves: [], kind: "disk" });
    machine.mounts.push(mount(50, 10, "65:144", "/oldroot/data", "ext4", "/dev/sdz"));
    hangOn(machine, (target) => target === "/oldroot/data");
    const { left } = runTakeDown(machine);
    expect(machine.mounts.map(({ target }) => target)).not.toContain("/oldroot");
    expect(machine.devices.map(({ name }) => name)).not.toContain("dm-1");
    expect(left).not.toContain("/oldroot");
  });

  test("is detached together with the mounts below it, whose paths lead through it", () => {
    const machine = lvmOnLuks();
    machine.mounts.push(
      mount(50, 10, "0:90", "/oldroot/nfs", "nfs4", "nas:/"),
      mount(51, 50, "0:91", "/oldroot/nfs/inner", "tmpfs", "tmpfs"),
    );
    // Paths below it cannot be looked up; only MNT_FORCE on the mount itself needs no answer.
    machine.beforeCall = (call) => {
      const [name = "", target = ""] = call.split(" ");
      if (target.startsWith("/oldroot/nfs/")) throw new Hang();
      if (target === "/oldroot/nfs" && name !== "umount-force") throw new Hang();
    };
    const { outcomes, left } = runTakeDown(machine);
    expect(machine.mounts.map(({ target }) => target)).not.toContain("/oldroot");
    expect(machine.calls).toContain("umount-force /oldroot/nfs");
    expect(left).not.toContain("/oldroot");
    expect(Math.max(...outcomes.map(({ startMs, tookMs }) => startMs + tookMs))).toBeLessThan(
      45_000,
    );
  });
});

describe("a server's mount on the path of another mount", () => {
  /** A root on NFS, with `inner` mounted on it. */
  const nfsRoot = (inner: ReturnType<typeof mount>) =>
    new FakeMachine({
      mounts: [
        mount(1, 0, "0:2", "/", "tmpfs", "tmpfs"),
        mount(10, 1, "0:80", "/oldroot", "nfs4", "server:/root"),
        inner,
      ],
      devices: [{ name: "sdz", dev: "65:144", slaves: [], kind: "disk" }],
    });
  const hangAt = (machine: FakeMachine, at: (target: string, call: string) => boolean): void => {
    machine.beforeCall = (call) => {
      const [name = "", target = ""] = call.split(" ");
      if (at(target, name)) throw new Hang();
    };
  };

  test("is not blamed for a disk that hangs", () => {
    const machine = nfsRoot(mount(50, 10, "65:144", "/oldroot/data", "ext4", "/dev/sdz"));
    hangAt(machine, (target, name) => target === "/oldroot/data" && name === "syncfs");
    runTakeDown(machine);
    expect(machine.mounts.map(({ target }) => target)).toEqual(["/"]);
    expect(machine.calls).not.toContain("umount-force /oldroot");
  });

  test("is not blamed for another server that hangs", () => {
    const machine = nfsRoot(mount(50, 10, "0:90", "/oldroot/nas", "nfs4", "nas:/"));
    hangAt(machine, (target, name) => target === "/oldroot/nas" && name !== "umount-force");
    runTakeDown(machine);
    expect(machine.mounts.map(({ target }) => target)).toEqual(["/"]);
    expect(machine.calls).not.toContain("umount-force /oldroot");
  });

  test("is not blamed if a forced mount is gone before its call returns", () => {
    const machine = nfsRoot(mount(50, 10, "0:90", "/oldroot/nas", "nfs4", "nas:/"));
    machine.mounts.push(mount(51, 10, "0:91", "/oldroot/nas2", "nfs4", "nas:/2"));
    // The mount still has data to write back.
    hangAt(machine, (target, name) => {
      if (!target.startsWith("/oldroot/nas")) return false;
      if (name === "umount-force") {
        machine.mounts = machine.mounts.filter((one) => one.target !== target);
      }
      return true;
    });
    runTakeDown(machine);
    expect(machine.mounts.map(({ target }) => target)).toEqual(["/"]);
    expect(machine.calls).not.toContain("umount-force /oldroot");
  });

  test("is blamed for an API mount that hangs, without another attempt", () => {
    const machine = nfsRoot(mount(50, 10, "0:21", "/oldroot/proc", "proc", "proc"));
    hangAt(machine, (target, name) => target.startsWith("/oldroot") && name !== "umount-force");
    const { outcomes } = runTakeDown(machine);
    expect(machine.mounts.map(({ target }) => target)).toEqual(["/"]);
    expect(Math.max(...outcomes.map(({ startMs }) => startMs))).toBeLessThan(15_000);
  });

  test("is forced even if another server hung before it was tried", () => {
    const machine = nfsRoot(mount(50, 10, "0:90", "/oldroot/nas", "nfs4", "nas:/"));
    hangAt(machine, (target, name) => target.startsWith("/oldroot") && name !== "umount-force");
    runTakeDown(machine);
    expect(machine.mounts.map(({ target }) => target)).toEqual(["/"]);
  });

  test("is blamed if even detaching hangs", () => {
    const machine = lvmOnLuks();
    machine.devices.push({ name: "sdz", dev: "65:144", slaves: [], kind: "disk" });
    machine.mounts.push(
      mount(50, 10, "0:90", "/oldroot/nas", "nfs4", "nas:/"),
      mount(51, 50, "65:144", "/oldroot/nas/disk", "ext4", "/dev/sdz"),
      mount(52, 10, "0:91", "/oldroot/one", "nfs4", "one:/"),
      mount(53, 52, "0:92", "/oldroot/one/two", "nfs4", "two:/"),
    );
    hangAt(
      machine,
      (target, name) =>
        /^\/oldroot\/(nas|one)\//.test(target) ||
        (/^\/oldroot\/(nas|one)$/.test(target) && name !== "umount-force"),
    );
    runTakeDown(machine);
    expect(machine.mounts.filter(({ target }) => target.startsWith("/oldroot"))).toEqual([]);
    expect(machine.devices.map(({ name }) => name)).not.toContain("dm-1");
  });
});

describe("hung children do not block the turns of others", () => {
  /** Releases forty file systems that hang, on disks with these names, and a healthy one. */
  const hangForty = (diskOf: (index: number) => string) => {
    const machine = lvmOnLuks();
    const others = Array.from({ length: 40 }, (_, index) => index);
    for (const name of new Set(others.map(diskOf))) {
      machine.devices.push({ name, dev: `65:${name}`, slaves: [], kind: "disk" });
    }
    for (const index of others) {
      const disk = diskOf(index);
      machine.mounts.push(
        mount(100 + index, 10, `65:${disk}`, `/oldroot/a${index}`, "ext4", `/dev/${disk}`),
      );
    }
    machine.devices.push({ name: "sdw", dev: "66:1", slaves: [], kind: "disk" });
    machine.mounts.push(mount(200, 10, "66:1", "/oldroot/zwell", "ext4", "/dev/sdw"));
    hangOn(machine, (target) => target.startsWith("/oldroot/a"));
    const { outcomes } = runTakeDown(machine);
    expect(machine.mounts.map(({ target }) => target)).not.toContain("/oldroot");
    return outcomes.find(({ step }) => step.kind === "umount" && step.target === "/oldroot/zwell");
  };

  test("if all are on one disk", () => {
    const well = hangForty(() => "sdx");
    expect(well).toMatchObject({ kind: "released" });
    expect(well?.startMs).toBeLessThan(200);
  });

  test("if each is on its own disk", () => {
    const well = hangForty((index) => `sdx${index}`);
    expect(well).toMatchObject({ kind: "released" });
    expect(well?.startMs).toBeLessThan(1_200);
  });
});

test("the first dead mount of a server shows that the others are dead, too", () => {
  const machine = lvmOnLuks();
  for (let index = 0; index < 60; index += 1) {
    const id = 100 + index;
    machine.mounts.push(mount(id, 10, `0:${id}`, `/oldroot/n${index}`, "nfs4", "nas:/export"));
  }
  hangOn(machine, (target) => target.startsWith("/oldroot/n"));
  machine.devices.push({ name: "sdw", dev: "66:1", slaves: [], kind: "disk" });
  machine.mounts.push(mount(200, 10, "66:1", "/oldroot/zwell", "ext4", "/dev/sdw"));
  const { outcomes } = runTakeDown(machine);
  const well = outcomes.find(
    ({ step }) => step.kind === "umount" && step.target === "/oldroot/zwell",
  );
  // All of them together use one child, which leaves the others for healthy mounts.
  expect(well).toMatchObject({ kind: "released" });
  expect(well?.startMs).toBeLessThan(1_000);
  expect(machine.mounts.map(({ target }) => target)).not.toContain("/oldroot");
  const hung = outcomes.filter(({ kind }) => kind === "failed");
  expect(Math.max(...hung.map(({ startMs, tookMs }) => startMs + tookMs))).toBeLessThan(25_000);
});

test("a mount of a dead server is not reported as clean if it had to be forced", () => {
  const machine = lvmOnLuks();
  machine.mounts.push(mount(50, 10, "0:90", "/oldroot/nas", "nfs4", "nas:/"));
  machine.beforeCall = (call) => {
    if (/^(?:syncfs|umount) \/oldroot\/nas$/.test(call)) throw new Hang();
  };
  const { left, account } = runTakeDown(machine);
  expect(machine.mounts.map(({ target }) => target)).not.toContain("/oldroot");
  expect(left).toEqual(["/oldroot/nas"]);
  expect(account.mounts).toMatchObject([{ name: "/oldroot/nas", isSynced: false }]);
});

test("images in images are detached at any depth", () => {
  const machine = new FakeMachine({
    mounts: [
      mount(1, 0, "0:2", "/", "tmpfs", "tmpfs"),
      mount(10, 1, "7:2", "/oldroot", "ext4", "/dev/loop2"),
      mount(11, 10, "8:1", "/oldroot/run/a", "ext4", "/dev/sda1"),
      mount(12, 10, "7:0", "/oldroot/run/b", "ext4", "/dev/loop0"),
      mount(13, 10, "7:1", "/oldroot/run/c", "ext4", "/dev/loop1"),
    ],
    devices: [
      { name: "sda1", dev: "8:1", slaves: [], kind: "disk" },
      {
        name: "loop0",
        dev: "7:0",
        slaves: [],
        kind: "loop",
        label: "/oldroot/run/a/b.img",
        backingDev: "8:1",
      },
      {
        name: "loop1",
        dev: "7:1",
        slaves: [],
        kind: "loop",
        label: "/oldroot/run/b/c.img",
        backingDev: "7:0",
      },
      {
        name: "loop2",
        dev: "7:2",
        slaves: [],
        kind: "loop",
        label: "/oldroot/run/c/root.img",
        backingDev: "7:1",
      },
    ],
  });
  const { left } = runTakeDown(machine);
  expect(left).toEqual([]);
});

describe("what hangs on a file, and is no mount, costs only itself", () => {
  const user = (kind: "loop" | "swap", place: string, dev: string) => {
    const machine = lvmOnLuks();
    if (kind === "swap") machine.swaps.push(`${place}/file`);
    const loop = { name: "loop0", dev: "7:0", slaves: [], kind: "loop", backingDev: dev } as const;
    if (kind === "loop") machine.devices.push({ ...loop, label: `${place}/file` });
    return machine;
  };
  const expectReleased = (machine: FakeMachine) => {
    expect(machine.mounts.map(({ target }) => target)).not.toContain("/oldroot");
    expect(machine.devices.map(({ name }) => name)).not.toContain("dm-0");
  };
  const kinds = ["loop", "swap"] as const;

  test.each(kinds)("%s: the dead server's mount is forced, which ends its I/O", (kind) => {
    const machine = user(kind, "/oldroot/nas", "0:90");
    machine.mounts.push(mount(50, 10, "0:90", "/oldroot/nas", "nfs4", "nas:/"));
    machine.beforeCall = (call) => {
      if (machine.calls.includes("umount-force /oldroot/nas")) return;
      if (/^(?:loop-detach|swapoff|syncfs \/oldroot\/nas)/.test(call)) throw new Hang();
    };
    const { left } = runTakeDown(machine);
    expectReleased(machine);
    // The server did not get all data.
    expect(left).toContain("/oldroot/nas");
  });

  test.each(kinds)("%s: a disk that hangs is detached in the last attempt", (kind) => {
    const machine = user(kind, "/oldroot/data", "65:144");
    machine.devices.push({ name: "sdz", dev: "65:144", slaves: [], kind: "disk" });
    machine.mounts.push(mount(50, 10, "65:144", "/oldroot/data", "ext4", "/dev/sdz"));
    machine.beforeCall = (call) => {
      if (/^(?:loop-detach|swapoff|syncfs \/oldroot\/data)/.test(call)) throw new Hang();
    };
    const { left, account, tasks } = runTakeDown(machine);
    expectReleased(machine);
    expect(left).toEqual(["/oldroot/data", kind === "loop" ? "loop0" : "/oldroot/data/file"]);
    expect(account.mounts).toMatchObject([{ name: "/oldroot/data", isSynced: false }]);
    expect(tasks.clock.now()).toBeLessThan(75_000);
  });

  test.each(["EBUSY", "hang"])("an image in a tmpfs that stays in use: %s", (why) => {
    const machine = user("loop", "/oldroot/run", "0:22");
    machine.mounts.push(mount(51, 15, "7:0", "/oldroot/run/in", "ext4", "/dev/loop0"));
    keepBusy(machine, why === "hang" ? "" : "/oldroot/run/in");
    machine.beforeCall = (call) => {
      if (call !== "loop-detach loop0") return;
      throw why === "hang" ? new Hang() : sysError("ioctl", "EBUSY");
    };
    const { left } = runTakeDown(machine);
    expectReleased(machine);
    expect(left).toEqual(why === "hang" ? ["loop0"] : ["/oldroot/run/in", "loop0"]);
  });
});

test("a server is not blamed for what hangs beside it", () => {
  const machine = lvmOnLuks();
  machine.devices = machine.devices.map((one) =>
    one.name === "dm-1" ? { ...one, suspended: true } : one,
  );
  machine.mounts.push(mount(50, 10, "0:90", "/oldroot/nas", "nfs4", "nas:/"));
  failOn(machine, "dm-resume 253:1", () => new Hang());
  runTakeDown(machine);
  expect(machine.calls).not.toContain("umount-force /oldroot/nas");
});

/** Makes a process that no signal ends keep a mount busy. */
function keepBusy(machine: FakeMachine, target: string): void {
  const umount = machine.umount.bind(machine);
  machine.umount = (at, how) => {
    if (at === target && !how.lazy) throw sysError("umount2", "EBUSY");
    umount(at, how);
  };
}

describe("a mount that stays busy", () => {
  const busy = (fsType: string, parts: { readonly parent?: number; readonly source?: string }) => {
    const machine = lvmOnLuks();
    const { parent = 10, source = "/dev/dm-2" } = parts;
    const volume = { name: "dm-2", dev: "253:2", slaves: ["sdz"], kind: "dm", label: "data" };
    machine.devices.push({ name: "sdz", dev: "65:144", slaves: [], kind: "disk" });
    machine.devices.push({ ...volume, kind: "dm" });
    machine.mounts.push(mount(50, parent, "253:2", "/oldroot/data", fsType, source));
    keepBusy(machine, "/oldroot/data");
    return machine;
  };

  test("is saved, then detached, so that the root is released, and it is still reported", () => {
    const machine = busy("ext4", {});
    const { left, account, lines } = runTakeDown(machine);
    expect(machine.devices.map(({ name }) => name)).toEqual(["nvme0n1", "sdz", "dm-2"]);
    // Its device is not even tried.
    expect(machine.calls.filter((call) => /data|253:2/.test(call)).slice(-3)).toEqual([
      "syncfs /oldroot/data",
      "remount-ro /oldroot/data",
      "umount /oldroot/data",
    ]);
    expect(left).toEqual(["/oldroot/data", "data"]);
    expect(account.mounts).toMatchObject([{ name: "/oldroot/data", state: "read-only" }]);
    expect(lines).toContain("exitrd: '/oldroot/data' is still mounted, now read-only, synced");
  });

  test("is detached alone: what it is mounted on is unmounted", () => {
    const machine = busy("ext4", { parent: 60 });
    machine.devices.push({ name: "sdy", dev: "65:128", slaves: [], kind: "disk" });
    machine.mounts.push(mount(60, 10, "65:128", "/oldroot/below", "ext4", "/dev/sdy"));
    const { left, outcomes } = runTakeDown(machine);
    expect(left).toEqual(["/oldroot/data", "data"]);
    const lazy = outcomes.flatMap(({ step }) =>
      step.kind === "umount" && step.lazy ? [step.target] : [],
    );
    expect(lazy).not.toContain("/oldroot/below");
    expect(lazy).not.toContain("/oldroot");
  });

  test("is detached, and then one below it that is busy, too", () => {
    const machine = busy("ext4", { parent: 60 });
    machine.devices.push({ name: "sdy", dev: "65:128", slaves: [], kind: "disk" });
    machine.mounts.push(mount(60, 10, "65:128", "/oldroot/below", "ext4", "/dev/sdy"));
    keepBusy(machine, "/oldroot/below");
    const { left } = runTakeDown(machine);
    expect(machine.mounts.map(({ target }) => target)).not.toContain("/oldroot");
    expect(machine.devices.map(({ name }) => name)).not.toContain("dm-0");
    expect(left).toEqual(["/oldroot/below", "/oldroot/data", "data"]);
  });

  test("is detached from a nested mount of an API file system", () => {
    const machine = busy("ext4", { parent: 61 });
    machine.mounts.push(mount(61, 15, "0:61", "/oldroot/run/user/1", "tmpfs", "tmpfs"));
    runTakeDown(machine);
    expect(machine.mounts.map(({ target }) => target)).not.toContain("/oldroot");
  });

  test("is detached if only the plan leaves it: a swap that memory cannot take", () => {
    const machine = busy("ext4", {});
    machine.swaps.push("/oldroot/data/file");
    machine.usedKib = 2_000_000;
    runTakeDown(machine);
    expect(machine.mounts.map(({ target }) => target)).not.toContain("/oldroot");
  });

  test("is not shut down while one that lies in it, detached before, is unsaved", () => {
    const machine = lvmOnLuks();
    const disk = (name: string, dev: string) =>
      machine.devices.push({ name, dev, slaves: [], kind: "disk" });
    disk("sdx", "65:160");
    disk("sdy", "65:128");
    disk("sdz", "65:144");
    const loop = { name: "loop0", dev: "7:0", slaves: [], kind: "loop", backingDev: "65:128" };
    machine.devices.push({ ...loop, kind: "loop", label: "/oldroot/u/image" });
    machine.mounts.push(mount(50, 10, "65:144", "/oldroot/b", "ext4", "/dev/sdz"));
    machine.mounts.push(mount(51, 10, "65:128", "/oldroot/u", "ext4", "/dev/sdy"));
    machine.mounts.push(mount(52, 50, "7:0", "/oldroot/b/m", "ext4", "/dev/loop0"));
    machine.mounts.push(mount(53, 51, "65:160", "/oldroot/u/x", "ext4", "/dev/sdx"));
    for (const target of ["b/m", "u", "u/x"]) keepBusy(machine, `/oldroot/${target}`);
    const sync = "syncfs /oldroot/b/m";
    machine.beforeCall = (call) => {
      if (call === "loop-detach loop0") throw sysError("ioctl", "EBUSY");
      // It takes long as soon as it is no step.
      const isSlow = machine.calls.filter((one) => one === sync).length >= 7;
      if (call === sync && isSlow) throw new Hang();
      if (/^remount-ro \/oldroot\/(?:b\/m|u)$/.test(call)) throw sysError("mount", "EBUSY");
    };
    const { left, account } = runTakeDown(machine);
    const { calls } = machine;
    expect(calls.indexOf("umount /oldroot/b/m")).toBeGreaterThan(0);
    expect(account.mounts).toContainEqual(
      expect.objectContaining({ name: "/oldroot/b/m", isSynced: false }),
    );
    expect(left).toContain("/oldroot/u");
    expect(calls).not.toContain("shut-down /oldroot/u");
  });

  test("stays if another mount of its file system does", () => {
    const machine = busy("ext4", {});
    machine.mounts.push(mount(51, 10, "253:2", "/oldroot/too", "ext4", "/dev/dm-2"));
    const umount = machine.umount;
    machine.umount = (at, how) => {
      if (at === "/oldroot/too") throw sysError("umount2", "EBUSY");
      umount(at, how);
    };
    runTakeDown(machine);
    expect(machine.mounts.map(({ target }) => target)).toContain("/oldroot/data");
  });

  test("stays if its image is on the mount below, which would not be free", () => {
    const machine = busy("ext4", {});
    const loop = { name: "loop0", dev: "7:0", slaves: [], kind: "loop", backingDev: "253:1" };
    machine.devices.push({ ...loop, kind: "loop", label: "/oldroot/image" });
    machine.mounts = machine.mounts.map((one) => (one.id === 50 ? { ...one, dev: "7:0" } : one));
    runTakeDown(machine);
    expect(machine.mounts.map(({ target }) => target)).toContain("/oldroot/data");
  });
});
