import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseMountinfo } from "../../src/kinds/mount/mountinfo.ts";
import { blockNodeId } from "../../src/teardown/graph/node-id.ts";
import {
  lvmOnLuks,
  makeDevice,
  makeDm,
  makeLoop,
  makeMount,
  makeSnapshot,
  planFor,
} from "./core-builders.ts";

const recorded = parseMountinfo(
  readFileSync(
    join(import.meta.dirname, "../fixtures/mountinfo/debian12-exitrd-v252.txt"),
    "latin1",
  ),
);

/** PID 1's own mounts: a tmpfs and the mounts in it. */
const own = [
  makeMount(1, 0, "0:30", "/", "tmpfs"),
  makeMount(2, 1, "0:5", "/dev", "devtmpfs"),
  makeMount(3, 1, "0:24", "/run", "tmpfs"),
];

describe("inside the exitrd", () => {
  test("a root on LVM on LUKS is released from the top down, the crypt device last", () => {
    const swap = { path: "/dev/dm-2", type: "partition", sizeKib: 8, usedKib: 0, dev: "253:2" };
    const { plan, steps } = planFor(
      makeSnapshot(recorded, lvmOnLuks, [{ ...swap, type: "partition" }]),
      "exitrd",
    );
    expect(steps).toEqual([
      "swapoff '/dev/dm-2'",
      "umount '/oldroot/dev'",
      "umount '/oldroot/proc'",
      "umount '/oldroot/run'",
      "umount '/oldroot/sys'",
      "dm remove 'vg-swap'",
      "umount '/oldroot'",
      "dm remove 'vg-root'",
      "dm remove 'cryptroot'",
    ]);
    expect(plan.steps.map(({ also }) => also.length)).toEqual([0, 4, 1, 2, 6, 0, 0, 0, 0]);
    expect(plan.steps.at(-1)?.after).toEqual([5, 7]);
    expect(plan.stays.map(({ reason }) => reason.kind).sort()).toEqual([
      "hardware",
      "hardware",
      ...Array.from({ length: 5 }, () => "own"),
    ]);
  });

  test("the devices of a sealed tree belong to it and are not reported as left", () => {
    const root = makeMount(1, 0, "253:0", "/", "erofs");
    const devices = [
      makeDevice("dm-0", "253:0", ["loop0"], { dm: makeDm("exitrd-loop0", "verity") }),
      makeLoop("loop0", "7:0", "/sealed", "0:45"),
    ];
    for (const perspective of ["exitrd", "running"] as const) {
      const mounts = [
        ...(perspective === "exitrd"
          ? [root, ...own.slice(1)]
          : [makeMount(4, 3, "253:0", "/run/initramfs", "erofs"), ...own]),
      ];
      const { plan } = planFor(makeSnapshot(mounts, devices), perspective);
      const reasons = new Map(plan.stays.map(({ node, reason }) => [node, reason.kind]));
      expect(["253:0", "7:0"].map((dev) => reasons.get(blockNodeId(dev)))).toEqual(["own", "own"]);
    }
  });

  test("but a disk under PID 1's tree is reported", () => {
    const root = makeMount(1, 0, "253:0", "/", "ext4");
    const devices = [
      makeDevice("dm-0", "253:0", ["sda"], { dm: makeDm("root", "linear") }),
      makeDevice("sda", "8:0"),
    ];
    const { plan } = planFor(makeSnapshot([root, ...own.slice(1)], devices), "exitrd");
    expect(plan.stays.map(({ reason }) => reason.kind)).toContain("held");
  });

  test("mounts of storage are released, wherever they are mounted", () => {
    const mounts = [
      ...own,
      makeMount(4, 3, "8:1", "/run/shutdown/mounts/a1b2", "ext4"),
      makeMount(5, 3, "0:40", "/run/credentials", "ramfs"),
      makeMount(6, 4, "0:41", "/run/shutdown/mounts/a1b2/proc", "proc"),
    ];
    const { steps } = planFor(makeSnapshot(mounts, [makeDevice("sda1", "8:1")]), "exitrd");
    expect(steps).toEqual([
      "umount '/run/shutdown/mounts/a1b2/proc'",
      "umount '/run/shutdown/mounts/a1b2'",
    ]);
  });

  test("file systems in memory that contain users' files are released", () => {
    const mounts = [
      ...own,
      makeMount(4, 2, "0:41", "/dev/shm", "tmpfs"),
      makeMount(5, 3, "0:42", "/run/user/1000", "tmpfs"),
      makeMount(6, 3, "0:43", "/run/lock", "tmpfs"),
    ];
    const { steps } = planFor(makeSnapshot(mounts, []), "exitrd");
    expect(steps).toEqual(["umount '/dev/shm'", "umount '/run/user/1000'"]);
  });

  test.each(["tmpfs", "erofs"])("the program bound over /sbin/init in a %s stays", (type) => {
    const root = makeMount(1, 0, "0:30", "/", type);
    const bound = makeMount(4, 1, "0:30", "/sbin/init", type);
    const other = makeMount(5, 1, "0:31", "/sbin/init", "ext4");
    expect(planFor(makeSnapshot([root, bound]), "exitrd").steps).toEqual([]);
    expect(planFor(makeSnapshot([root, other]), "exitrd").steps).toEqual(["umount '/sbin/init'"]);
  });

  test("a second mount stacked on / is released, unless it is in memory too", () => {
    const mounts = [
      ...own,
      makeMount(4, 1, "8:1", "/", "ext4"),
      makeMount(5, 1, "0:50", "/", "tmpfs"),
    ];
    const { steps } = planFor(makeSnapshot(mounts, [makeDevice("sda1", "8:1")]), "exitrd");
    expect(steps).toEqual(["umount '/'"]);
  });

  test("each of the mounts stacked on one place has a step, the topmost first", () => {
    const mounts = [
      ...own,
      makeMount(10, 1, "8:1", "/oldroot", "ext4"),
      makeMount(11, 10, "0:22", "/oldroot/proc", "proc"),
      makeMount(9, 11, "0:22", "/oldroot/proc", "proc"),
    ];
    const { plan } = planFor(makeSnapshot(mounts), "exitrd");
    expect(plan.steps.map(({ node }) => node)).toEqual(["mount:9", "mount:11", "mount:10"]);
  });

  test("an API mount waits for the storage mounted below it", () => {
    const mounts = [
      ...own,
      makeMount(10, 1, "8:1", "/oldroot", "ext4"),
      makeMount(11, 10, "0:24", "/oldroot/run", "tmpfs"),
      makeMount(12, 11, "0:26", "/oldroot/run/lock", "tmpfs"),
      makeMount(13, 11, "8:17", "/oldroot/run/media/x", "vfat"),
    ];
    const { plan, steps } = planFor(makeSnapshot(mounts), "exitrd");
    expect(steps).toEqual([
      "umount '/oldroot/run/media/x'",
      "umount '/oldroot/run'",
      "umount '/oldroot'",
    ]);
    expect(plan.steps[1]?.also).toEqual(["mount:12"]);
  });

  test("a mount that a later one hides waits until it can be reached", () => {
    const mounts = [
      ...own,
      makeMount(10, 1, "8:1", "/oldroot", "ext4"),
      makeMount(11, 10, "8:2", "/oldroot/mnt/inner", "ext4"),
      makeMount(12, 10, "8:3", "/oldroot/mnt", "ext4"),
      makeMount(13, 11, "8:4", "/oldroot/mnt/inner/deep", "ext4"),
    ];
    const { steps } = planFor(makeSnapshot(mounts), "exitrd");
    expect(steps).toEqual([
      "umount '/oldroot/mnt'",
      "umount '/oldroot/mnt/inner/deep'",
      "umount '/oldroot/mnt/inner'",
      "umount '/oldroot'",
    ]);
  });

  test("a root in an image file: the file's mount is detached, its disk waits for the loop", () => {
    const mounts = [
      ...own,
      makeMount(10, 1, "7:0", "/oldroot", "ext4"),
      makeMount(11, 10, "0:24", "/oldroot/run", "tmpfs"),
      makeMount(12, 11, "253:0", "/oldroot/run/loop-host", "ext4"),
    ];
    const devices = [
      makeDevice("dm-0", "253:0", [], { dm: makeDm("host", "crypt") }),
      makeLoop("loop0", "7:0", "/oldroot/run/loop-host/root.img", "253:0"),
    ];
    const { plan, steps } = planFor(makeSnapshot(mounts, devices), "exitrd");
    expect(plan.cycles).toEqual([]);
    expect(steps).toEqual([
      "umount '/oldroot/run/loop-host'",
      "umount '/oldroot/run'",
      "umount '/oldroot'",
      "loop detach 'loop0'",
      "dm remove 'host'",
    ]);
    expect(plan.steps[0]?.step).toMatchObject({ lazy: true });
    expect(plan.steps[2]?.step).toMatchObject({ lazy: false });
  });

  const onVolume = [makeDevice("dm-0", "253:0", [], { dm: makeDm("host", "crypt") })];

  test("an EROFS mounted from a file is released before the file's mount", () => {
    const mounts = [
      ...own,
      makeMount(10, 1, "253:0", "/oldroot", "ext4"),
      makeMount(11, 10, "0:60", "/oldroot/mnt", "erofs", { source: "/images/a.erofs" }),
      makeMount(12, 10, "253:0", "/oldroot/images", "ext4", { root: "/images" }),
    ];
    const { steps } = planFor(makeSnapshot(mounts, onVolume), "exitrd");
    expect(steps).toEqual([
      "umount '/oldroot/mnt'",
      "umount '/oldroot/images'",
      "umount '/oldroot'",
      "dm remove 'host'",
    ]);
  });

  test("a root that is such an EROFS: the file's mount is detached", () => {
    const mounts = [
      ...own,
      makeMount(10, 1, "0:60", "/oldroot", "erofs", { source: "/host/root.erofs" }),
      makeMount(11, 10, "253:0", "/oldroot/host", "ext4"),
    ];
    const { plan, steps } = planFor(makeSnapshot(mounts, onVolume), "exitrd");
    expect(plan.cycles).toEqual([]);
    expect(steps).toEqual(["umount '/oldroot/host'", "umount '/oldroot'", "dm remove 'host'"]);
    expect(plan.steps[0]?.step).toMatchObject({ lazy: true });
  });

  test.each([
    ["lowerdir=/run/cfsroot-lower::/sysroot/ostree/repo/objects"],
    ["lowerdir+=/run/cfsroot-lower", "datadir+=/sysroot/ostree/repo/objects"],
  ])("a composefs root: the mount of its data also contains its image (%s)", (...superOptions) => {
    const mounts = [
      ...own,
      makeMount(10, 1, "0:61", "/oldroot", "overlay", { superOptions, source: "composefs" }),
      makeMount(11, 10, "253:0", "/oldroot/sysroot", "xfs"),
      makeMount(12, 10, "253:0", "/oldroot/etc", "xfs", { root: "/etc" }),
    ];
    const { plan, steps } = planFor(makeSnapshot(mounts, onVolume), "exitrd");
    expect(plan.cycles).toEqual([]);
    expect(steps).toEqual([
      "umount '/oldroot/etc'",
      "umount '/oldroot/sysroot'",
      "umount '/oldroot'",
      "dm remove 'host'",
    ]);
    expect(plan.steps[1]?.step).toMatchObject({ lazy: true });
    expect(plan.steps[0]?.step).toMatchObject({ lazy: false });
  });

  test("an overlay on a layer that was beneath the root is released before it", () => {
    const superOptions = ["lowerdir=/lower", "upperdir=/upper/data", "workdir=/upper/work"];
    const mounts = [
      ...own,
      makeMount(10, 1, "0:50", "/oldroot", "overlay", { superOptions }),
      makeMount(11, 1, "0:51", "/mnt", "tmpfs"),
      makeMount(12, 11, "253:0", "/mnt/lower", "ext4"),
    ];
    const { steps } = planFor(makeSnapshot(mounts, onVolume), "exitrd");
    expect(steps).toEqual(["umount '/oldroot'", "umount '/mnt/lower'", "dm remove 'host'"]);
  });

  test("a live system copied to RAM: its squashfs is a file of a tmpfs below the root", () => {
    const layers = ["lowerdir=/run/live/rootfs", "upperdir=/run/live/overlay/rw"];
    const root = makeMount(10, 1, "0:50", "/", "overlay", { superOptions: layers });
    const devices = [makeLoop("loop0", "7:0", "/run/live/medium/root.squashfs", "0:30")];
    const mounts = [
      root,
      makeMount(11, 10, "0:24", "/run", "tmpfs"),
      makeMount(12, 11, "0:30", "/run/live/medium", "tmpfs"),
      makeMount(13, 11, "7:0", "/run/live/rootfs", "squashfs"),
    ];
    const { plan, steps } = planFor(makeSnapshot(mounts, devices), "running");
    expect(plan.cycles).toEqual([]);
    expect(steps).toEqual([
      "umount '/run/live/rootfs'",
      "umount '/run'",
      "umount '/'",
      "loop detach 'loop0'",
    ]);
  });

  test("the same after systemd-shutdown has detached what it could", () => {
    const layers = ["lowerdir=/run/live/rootfs", "upperdir=/run/live/overlay/rw"];
    const mounts = [
      ...own,
      makeMount(10, 1, "0:50", "/oldroot", "overlay", { superOptions: layers }),
      makeMount(11, 10, "0:24", "/oldroot/run", "tmpfs"),
    ];
    const loop = { ...makeLoop("loop0", "7:0", "/root.squashfs", "0:30") };
    const devices = [{ ...loop, loop: { ...loop.loop, claimed: true } } as typeof loop];
    const { plan, steps } = planFor(makeSnapshot(mounts, devices), "exitrd");
    expect(plan.cycles).toEqual([]);
    expect(steps).toEqual(["umount '/oldroot/run'", "umount '/oldroot'", "loop detach 'loop0'"]);
  });

  test("a cycle that no rule breaks is reported, and blocks what is below it, not what is above", () => {
    const devices = [
      makeDevice("dm-0", "253:0", ["dm-1"], { dm: makeDm("a", "linear") }),
      makeDevice("dm-1", "253:1", ["dm-0", "dm-2"], { dm: makeDm("b", "linear") }),
      makeDevice("dm-2", "253:2", [], { dm: makeDm("c", "linear") }),
      makeDevice("dm-3", "253:3", ["dm-0"], { dm: makeDm("d", "linear") }),
    ];
    const { plan, steps } = planFor(makeSnapshot(own, devices), "exitrd");
    expect(plan.cycles).toEqual([["block:253:0", "block:253:1"]]);
    expect(steps).toEqual(["dm remove 'd'"]);
    expect(plan.stays.find(({ node }) => node === "block:253:2")?.reason).toEqual({
      kind: "held",
      by: ["block:253:1"],
    });
  });

  test("partitions are released with their loop device, after their mounts", () => {
    const mounts = [...own, makeMount(10, 1, "259:1", "/oldroot/mnt", "vfat")];
    const devices = [
      makeLoop("loop3", "7:3", "/gone.img", "8:99"),
      makeDevice("loop3p1", "259:1", [], { partitionOf: "loop3" }),
      makeDevice("loop4", "7:4", [], { sectors: 0 }),
    ];
    const { plan, steps } = planFor(makeSnapshot(mounts, devices), "exitrd");
    expect(steps).toEqual(["umount '/oldroot/mnt'", "loop detach 'loop3'"]);
    expect(plan.steps[1]).toMatchObject({ also: ["block:259:1"], after: [0] });
  });

  test("the volumes of an external array stop before their container", () => {
    const md = { level: "raid1", arrayState: "clean", bitmapLocation: "none" };
    const devices = [
      makeDevice("md126", "9:126", ["sda"], {
        md: { ...md, metadataVersion: "external:/md127/0" },
      }),
      makeDevice("md127", "9:127", ["sda"], {
        md: { ...md, level: "container", metadataVersion: "external:imsm" },
      }),
      makeDevice("sda", "8:0"),
    ];
    const { steps } = planFor(makeSnapshot(own, devices), "exitrd");
    expect(steps).toEqual(["md stop 'md126'", "md stop 'md127'"]);
  });

  describe("an array of external metadata with its mdmon", () => {
    const md = { level: "raid1", arrayState: "clean", bitmapLocation: "none" };
    const arrays = (fileSystems: readonly string[]) => [
      makeDevice("md126", "9:126", ["sda"], {
        md: { ...md, metadataVersion: "external:/md127/0" },
      }),
      makeDevice("md127", "9:127", ["sda"], {
        md: {
          ...md,
          level: "container",
          metadataVersion: "external:imsm",
          monitor: { pid: 99, fileSystems },
        },
      }),
      makeDevice("dm-0", "253:0", ["md126"], { dm: makeDm("var", "linear") }),
      makeDevice("sda", "8:0"),
    ];
    const mounts = [
      ...own,
      makeMount(10, 1, "9:126", "/oldroot", "ext4"),
      makeMount(11, 10, "253:0", "/oldroot/var", "ext4"),
    ];

    test("started in the initrd is stopped after its volumes", () => {
      const { steps } = planFor(makeSnapshot(mounts, arrays(["0:2"])), "exitrd");
      expect(steps).toEqual([
        "umount '/oldroot/var'",
        "dm remove 'var'",
        "umount '/oldroot'",
        "md stop 'md126'",
        "mdmon end 'md127'",
        "md stop 'md127'",
      ]);
    });

    test("started from the root that it serves is stopped when only that root is left, read-only", () => {
      const { plan, steps } = planFor(makeSnapshot(mounts, arrays(["9:126"])), "exitrd");
      expect(plan.cycles).toEqual([]);
      expect(steps).toEqual([
        "umount '/oldroot/var'",
        "dm remove 'var'",
        "mdmon end 'md127'",
        "umount '/oldroot'",
        "md stop 'md126'",
        "md stop 'md127'",
      ]);
      expect(plan.steps[2]?.step).toEqual({
        kind: "mdmon-end",
        name: "md127",
        pid: 99,
        runsFrom: ["/oldroot"],
        volumes: ["md126"],
      });
    });
  });

  test("a live system whose layers init has unmounted: overlay, loop device, medium", () => {
    const layers = ["lowerdir=/run/live/rootfs", "upperdir=/run/live/cow/rw"];
    const mounts = [
      ...own,
      makeMount(10, 1, "0:25", "/oldroot", "overlay", { superOptions: layers }),
      makeMount(11, 10, "0:23", "/oldroot/run", "tmpfs"),
      makeMount(12, 11, "8:1", "/oldroot/run/live/medium", "vfat"),
    ];
    const loop = makeLoop("loop0", "7:0", "/oldroot/run/live/medium/root.squashfs", "8:1");
    const claimed = { ...loop, loop: { ...loop.loop, claimed: true } } as typeof loop;
    const { plan, steps } = planFor(
      makeSnapshot(mounts, [makeDevice("sda1", "8:1"), claimed]),
      "exitrd",
    );
    expect(plan.cycles).toEqual([]);
    expect(steps).toEqual([
      "umount '/oldroot/run/live/medium'",
      "umount '/oldroot/run'",
      "umount '/oldroot'",
      "loop detach 'loop0'",
    ]);
  });

  test("a bitmap file's mount below the root that needs it is detached", () => {
    const md = { level: "raid1", arrayState: "clean", metadataVersion: "1.2" };
    const bitmapFile = "/oldroot/run/bitmap/map";
    const mounts = [
      ...own,
      makeMount(10, 1, "9:0", "/oldroot", "ext4"),
      makeMount(11, 10, "0:24", "/oldroot/run", "tmpfs"),
      makeMount(12, 11, "253:0", "/oldroot/run/bitmap", "ext4"),
    ];
    const devices = [
      makeDevice("md0", "9:0", ["sda"], { md: { ...md, bitmapLocation: "file", bitmapFile } }),
      makeDevice("dm-0", "253:0", [], { dm: makeDm("bitmap", "linear") }),
      makeDevice("sda", "8:0"),
    ];
    const { plan, steps } = planFor(makeSnapshot(mounts, devices), "exitrd");
    expect(plan.cycles).toEqual([]);
    expect(steps).toEqual([
      "umount '/oldroot/run/bitmap'",
      "umount '/oldroot/run'",
      "umount '/oldroot'",
      "md stop 'md0'",
      "dm remove 'bitmap'",
    ]);
  });
});

describe("on the running machine", () => {
  test("/ is released, and the tree in /run/initramfs stays without holding it", () => {
    const mounts = [
      makeMount(20, 1, "253:1", "/", "ext4"),
      makeMount(21, 20, "0:24", "/run", "tmpfs"),
      makeMount(22, 21, "0:30", "/run/initramfs", "tmpfs"),
      makeMount(23, 21, "0:31", "/run/lock", "tmpfs"),
    ];
    const { plan, steps } = planFor(makeSnapshot(mounts, lvmOnLuks), "running");
    expect(steps).toEqual([
      "umount '/run'",
      "dm remove 'vg-swap'",
      "umount '/'",
      "dm remove 'vg-root'",
      "dm remove 'cryptroot'",
    ]);
    expect(plan.stays.find(({ node }) => node === "mount:22")?.reason).toEqual({ kind: "own" });
  });
});

describe("a mount namespace that is bound to a file", () => {
  const hidden = makeDevice("dm-0", "253:0", [], { dm: makeDm("zoo-ns", "linear") });
  const root = makeMount(10, 1, "8:1", "/oldroot", "ext4");
  const bind = (parentId: number, target: string) =>
    makeMount(40, parentId, "0:4", target, "nsfs", { root: "mnt:[4026532301]" });
  const planWith = (...mounts: Parameters<typeof makeSnapshot>[0]) =>
    planFor(makeSnapshot([...own, root, ...mounts], [hidden]), "exitrd").steps;

  test("is released before the devices that it may hold", () => {
    const run = makeMount(11, 10, "0:24", "/oldroot/run", "tmpfs");
    expect(planWith(run, bind(11, "/oldroot/run/ns"))).toEqual([
      "umount '/oldroot/run/ns'",
      "dm remove 'zoo-ns'",
      "umount '/oldroot/run'",
      "umount '/oldroot'",
    ]);
  });

  test("is also released from the exitrd's own /run", () => {
    expect(planWith(bind(3, "/run/ns"))).toContain("umount '/run/ns'");
  });
});

test("bpf file systems are released also from the exitrd's own /sys: a pinned link keeps a file", () => {
  const root = makeMount(10, 1, "8:1", "/oldroot", "ext4");
  const sys = [
    makeMount(4, 1, "0:20", "/sys", "sysfs"),
    makeMount(11, 10, "0:20", "/oldroot/sys", "sysfs"),
  ];
  const bpf = [
    makeMount(41, 4, "0:29", "/sys/fs/bpf", "bpf"),
    makeMount(42, 11, "0:29", "/oldroot/sys/fs/bpf", "bpf"),
  ];
  const { steps } = planFor(makeSnapshot([...own, root, ...sys, ...bpf]), "exitrd");
  // The other one is detached together with its parent.
  expect([...steps].sort()).toEqual([
    "umount '/oldroot'",
    "umount '/oldroot/sys'",
    "umount '/sys/fs/bpf'",
  ]);
});
