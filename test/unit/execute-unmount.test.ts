import { describe, expect, test } from "vitest";
import { makeRecord } from "../../src/teardown/record/make-record.ts";
import { FakeMachine, portsOf } from "../fake/fake-machine.ts";
import { Hang } from "../fake/fake-tasks.ts";
import { isReleased, perform } from "../fake/perform.ts";
import { failOn, runTakeDown } from "../fake/run-take-down.ts";
import { lvmOnLuks, mount } from "../fake/stacks.ts";
import { sysError } from "../fake/sys-error.ts";

const made = { version: "1", kernel: "6.1", verb: "reboot", tookMs: 5, madeAt: 6 } as const;

const step = {
  kind: "umount",
  target: "/oldroot/srv",
  mountId: 20,
  dev: "8:1",
  lazy: false,
  force: false,
  served: false,
} as const;

function makeMachine(): FakeMachine {
  return new FakeMachine({ mounts: [mount(20, 1, "8:1", "/oldroot/srv", "ext4", "/dev/sda1")] });
}

describe("data that a file system could not write", () => {
  test("is reported, and does not prevent the unmount", () => {
    const machine = makeMachine();
    failOn(machine, "syncfs /oldroot/srv", () => sysError("syncfs", "EIO"));
    expect(perform(step, portsOf(machine))).toBe("data-lost");
    expect(machine.mounts).toEqual([]);
  });

  test("is not reported if the mount cannot be opened", () => {
    const machine = makeMachine();
    failOn(machine, "syncfs /oldroot/srv", () => sysError("open", "ENOTDIR"));
    expect(perform(step, portsOf(machine))).toBeUndefined();
  });

  test.each([
    ["nfs4", "ESTALE", "rw", "data-lost"],
    ["cifs", "EHOSTDOWN", "rw", "data-lost"],
    ["ceph", "EIO", "rw", "data-lost"],
    ["nfs", "ETIMEDOUT", "rw", "data-lost"],
    // Nothing can be unwritten.
    ["nfs4", "ESTALE", "ro", undefined],
    // Expired credentials, a mount on a file.
    ["nfs4", "EACCES", "rw", undefined],
    ["nfs4", "ENOTDIR", "rw", undefined],
    // Its server was killed with all other processes, or it writes at once.
    ["fuse.sshfs", "EIO", "rw", undefined],
    ["virtiofs", "EIO", "rw", undefined],
  ])("on a %s that fails with %s, mounted %s: %s", (fsType, code, access, effect) => {
    const machine = new FakeMachine({
      mounts: [mount(20, 1, "0:60", "/oldroot/srv", fsType, "nas:/srv")],
    });
    const readText = machine.readText.bind(machine);
    machine.readText = (path) => readText(path).replace("nas:/srv rw", `nas:/srv ${access}`);
    failOn(machine, "syncfs /oldroot/srv", () => sysError("open", code));
    expect(perform({ ...step, served: true }, portsOf(machine))).toBe(effect);
    expect(machine.mounts).toEqual([]);
  });

  test("on a server that is gone is none if the whole machine has nothing unwritten", () => {
    const machine = new FakeMachine({
      mounts: [mount(20, 1, "0:60", "/oldroot/srv", "nfs4", "nas:/srv")],
    });
    const readText = machine.readText.bind(machine);
    let dirty = 0;
    machine.readText = (path) =>
      path === "/proc/meminfo" ? `Dirty: ${dirty} kB\nWriteback: 0 kB\n` : readText(path);
    failOn(machine, "syncfs /oldroot/srv", () => sysError("open", "ESTALE"));
    expect(perform({ ...step, served: true }, portsOf(machine))).toBeUndefined();
    dirty = 4;
    machine.mounts.push(mount(20, 1, "0:60", "/oldroot/srv", "nfs4", "nas:/srv"));
    expect(perform({ ...step, served: true }, portsOf(machine))).toBe("data-lost");
  });

  test("on a server that is gone does not hide that the mount is busy", () => {
    const machine = new FakeMachine({
      mounts: [mount(20, 1, "0:60", "/oldroot/srv", "nfs4", "nas:/srv")],
    });
    machine.beforeCall = (call) => {
      throw call.startsWith("syncfs") ? sysError("open", "ESTALE") : sysError("umount2", "EBUSY");
    };
    expect(() => perform({ ...step, served: true }, portsOf(machine))).toThrow("busy");
  });

  test("is not checked if a server does not answer, or if the file system stays active after a detach", () => {
    for (const how of [{ force: true }, { lazy: true }]) {
      const machine = makeMachine();
      perform({ ...step, ...how }, portsOf(machine));
      expect(machine.calls.filter((call) => call.startsWith("syncfs"))).toEqual([]);
    }
  });

  test("is reported on the console", () => {
    const machine = lvmOnLuks();
    failOn(machine, "syncfs /oldroot", () => sysError("syncfs", "EIO"));
    const { lines, left } = runTakeDown(machine);
    expect(left).toEqual([]);
    expect(lines.filter((line) => line.includes("NOT ALL OF ITS DATA"))).toHaveLength(1);
  });
});

describe("a forced unmount", () => {
  const forced = { ...step, served: true, force: true };

  test("that is busy is tried again: processes that waited for the server exit only now", () => {
    const machine = makeMachine();
    let busy = 3;
    machine.beforeCall = () => {
      busy -= 1;
      if (busy > 0) throw sysError("umount2", "EBUSY");
    };
    expect(perform(forced, portsOf(machine))).toBeUndefined();
    expect(machine.mounts).toEqual([]);
  });

  test("that stays busy is reported as busy", () => {
    const machine = makeMachine();
    failOn(machine, "umount-force /oldroot/srv", () => sysError("umount2", "EBUSY"));
    expect(() => perform(forced, portsOf(machine))).toThrow("Device or resource busy");
  });

  test("that fails otherwise is tried once", () => {
    const machine = makeMachine();
    failOn(machine, "umount-force /oldroot/srv", () => sysError("umount2", "EPERM"));
    expect(() => perform(forced, portsOf(machine))).toThrow("Operation not permitted");
    expect(machine.calls).toHaveLength(1);
  });
});

test.each(["ENOTCONN", "EACCES", "EIO", "ESTALE", "ENAMETOOLONG"])(
  "if stat(2) fails with %s, the mount table decides whether it is unmounted",
  (code) => {
    const machine = makeMachine();
    machine.stat = () => {
      throw sysError("statx", code);
    };
    expect(isReleased(step, machine)).toBe(false);
    machine.mounts = [];
    expect(isReleased(step, machine)).toBe(true);
  },
);

describe("an unmount that exceeds its limit", () => {
  /** An unmount that hangs while `writtenKib` more are written each time the counters are read. */
  function hangWhile(writtenKib: number): number {
    const machine = lvmOnLuks();
    let unwritten = 500_000;
    const readText = machine.readText.bind(machine);
    machine.readText = (path) => {
      if (path !== "/proc/meminfo") return readText(path);
      unwritten = Math.max(0, unwritten - writtenKib);
      return `MemAvailable: 900000 kB\nDirty: ${unwritten} kB\nWriteback: 0 kB\n`;
    };
    failOn(machine, "umount /oldroot", () => new Hang());
    const [hung] = runTakeDown(machine, 200_000).outcomes.flatMap((outcome) =>
      outcome.kind === "failed" && outcome.failure.kind === "hung" ? [outcome.failure] : [],
    );
    return hung?.limitMs ?? 0;
  }

  test("is extended as long as data is being written", () => {
    // 60 s, and 5 s for each of the eight checks that find more of the 500 MB written.
    expect(hangWhile(50_000)).toBe(50_000);
  });

  test("is abandoned if nothing is written any more", () => {
    expect(hangWhile(0)).toBe(30_000);
  });
});

describe("data that a volume lost when its last user closed it", () => {
  test("is reported when the volume is removed", () => {
    const machine = lvmOnLuks();
    machine.lostPages.add("/dev/dm-1");
    const { account, left, lines } = runTakeDown(machine);
    expect(left).toEqual([]);
    expect(account.steps.filter((step) => step.isLost).map(({ name }) => name)).toEqual([
      "vg-root",
    ]);
    expect(lines.filter((line) => line.includes("NOT ALL OF ITS DATA"))).toHaveLength(1);
    expect(makeRecord(made, account, true).verdict).toBe("failed");
  });

  test("is reported if the volume is busy at first, or gone", () => {
    for (const code of ["EBUSY", "ENXIO"]) {
      const machine = lvmOnLuks();
      machine.lostPages.add("/dev/dm-1");
      let tries = 0;
      machine.beforeCall = (call) => {
        if (call !== "dm-remove 253:1" || tries++ > 0) return;
        if (code === "ENXIO")
          machine.devices = machine.devices.filter(({ name }) => name !== "dm-1");
        throw sysError("ioctl", code);
      };
      const { account, left } = runTakeDown(machine);
      expect(left).toEqual([]);
      expect(account.steps.filter((step) => step.isLost).map(({ name }) => name)).toEqual([
        "vg-root",
      ]);
    }
  });

  test("is not assumed if the volume cannot be opened", () => {
    const machine = lvmOnLuks();
    machine.writePages = () => {
      throw sysError("open", "ENXIO");
    };
    const { account } = runTakeDown(machine);
    expect(makeRecord(made, account, true).verdict).toBe("clean");
  });

  test("is reported for the disks of a session and for a Ceph image", () => {
    for (const [step, path] of [
      [{ kind: "rbd-unmap", name: "rbd0", dev: "252:0", id: 0 }, "/dev/rbd0"],
      [
        { kind: "session-close", protocol: "iscsi", name: "s", paths: [], devices: ["sda"] },
        "/dev/sda",
      ],
    ] as const) {
      const machine = makeMachine();
      machine.ignored.add("rbd-unmap 0").add("scsi-delete sda");
      machine.isClaimed = () => false;
      machine.lostPages.add(path);
      expect(perform(step, portsOf(machine))).toBe("data-lost");
      // Partitions have page caches of their own.
      const name = path.slice("/dev/".length);
      const readDir = machine.readDir.bind(machine);
      machine.readDir = (dir) =>
        dir === `/sys/block/${name}` ? [`${name}p1`, "size"] : readDir(dir);
      machine.lostPages.clear();
      expect(perform(step, portsOf(machine))).toBe(undefined);
      machine.lostPages.add(`${path}p1`);
      expect(perform(step, portsOf(machine))).toBe("data-lost");
    }
  });
});

describe("data that is lost before an unmount is refused", () => {
  /** syncfs(2) reports the error once. */
  const makeMachine = (times: number) => {
    const machine = lvmOnLuks();
    let syncs = 0;
    let tries = 0;
    machine.beforeCall = (call) => {
      if (call === "syncfs /oldroot" && syncs++ === 0) throw sysError("syncfs", "EIO");
      if (call === "umount /oldroot" && tries++ < times) throw sysError("umount2", "EBUSY");
    };
    return machine;
  };

  test("counts as lost although a later try succeeds", () => {
    const { account, left } = runTakeDown(makeMachine(1));
    expect(left).toEqual([]);
    expect(account.steps.filter((step) => step.isLost).map(({ name }) => name)).toEqual([
      "/oldroot",
    ]);
  });

  test("counts as lost for a device, too, whose flush is reported once", () => {
    const machine = lvmOnLuks();
    let tries = 0;
    const control = machine.control.bind(machine);
    machine.control = (path, calls) => {
      // As `throwLossFirst` does after an fsync(2).
      if (path === "/dev/mapper/control" && tries++ === 0) throw sysError("fsync", "EIO");
      control(path, calls);
    };
    const { account } = runTakeDown(machine);
    expect(account.steps.filter((step) => step.isLost)).toHaveLength(1);
  });

  test("counts as lost if it stays", () => {
    const { account, left } = runTakeDown(makeMachine(Number.POSITIVE_INFINITY));
    expect(left).toContain("/oldroot");
    expect(account.mounts.map(({ name, isSynced }) => [name, isSynced])).toContainEqual([
      "/oldroot",
      false,
    ]);
  });
});
