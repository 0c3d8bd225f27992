import { describe, expect, test } from "vitest";
import type { Snapshot } from "../../src/kinds/kinds.ts";
import { listOverlayLayers } from "../../src/kinds/overlay/layers.ts";
import { buildGraph } from "../../src/teardown/graph/build-graph.ts";
import { findCycles } from "../../src/teardown/graph/find-cycles.ts";
import { makePlan } from "../../src/teardown/plan/make-plan.ts";
import { makeDevice, makeDm, makeLoop, makeMount, makeSnapshot } from "./core-builders.ts";

function backingsOf(id: string, snapshot: Snapshot): readonly string[] | undefined {
  return buildGraph(snapshot).backings.get(id);
}

const root = makeMount(10, 1, "8:1", "/", "ext4");
const sda1 = makeDevice("sda1", "8:1");

describe("a mount", () => {
  test("depends on its parent and on its device", () => {
    const home = makeMount(11, 10, "8:2", "/home", "ext4");
    const snapshot = makeSnapshot([root, home], [sda1, makeDevice("sda2", "8:2")]);
    expect(backingsOf("mount:11", snapshot)).toEqual(["block:8:2", "mount:10"]);
    expect(backingsOf("mount:10", snapshot)).toEqual(["block:8:1"]);
  });

  test.each([
    ["/dev/dm-0", "btrfs"],
    ["/dev/mapper/my--vg-my--lv", "btrfs"],
    ["/dev/my-vg/my-lv", "btrfs"],
  ])("with an anonymous number is found by its source %s", (source, fsType) => {
    const mount = makeMount(11, 10, "0:40", "/data", fsType, { source });
    const dm = makeDevice("dm-0", "253:0", [], { dm: makeDm("my--vg-my--lv", "linear") });
    expect(backingsOf("mount:11", makeSnapshot([mount], [dm]))).toEqual(["block:253:0"]);
  });

  test("of a tmpfs has no device, whatever its source is", () => {
    const mount = makeMount(11, 10, "0:40", "/data", "tmpfs", { source: "/dev/sda1" });
    expect(backingsOf("mount:11", makeSnapshot([mount], [sda1]))).toEqual([]);
  });

  test("of a btrfs depends on all its devices", () => {
    const devices = ["sdb", "dm-0", "sdc"].map((name, i) => makeDevice(name, `8:${16 * (i + 1)}`));
    const btrfs = [{ uuid: "a-b", devices: ["dm-0", "sdb"] }];
    const mount = (source: string) =>
      makeMount(11, 10, "0:40", "/data", "btrfs", { source: source });
    const snapshot = (source: string) => ({ ...makeSnapshot([mount(source)], devices), btrfs });
    expect(backingsOf("mount:11", snapshot("/dev/sdb"))).toEqual(["block:8:16", "block:8:32"]);
    // A source that only udev knows.
    expect(backingsOf("mount:11", snapshot("/dev/disk/by-uuid/a"))).toEqual([
      "block:8:16",
      "block:8:32",
    ]);
    expect(backingsOf("mount:11", snapshot("/dev/sdc"))).toEqual(["block:8:48"]);
  });

  test("of a bcachefs depends on all its devices, and has the number of one of them", () => {
    const devices = ["sdb", "dm-0", "sdc"].map((name, i) => makeDevice(name, `8:${16 * (i + 1)}`));
    const bcachefs = [{ uuid: "a-b", devices: ["dm-0", "sdb"] }];
    const snapshot = (source: string) =>
      makeSnapshot([makeMount(11, 10, "8:16", "/data", "bcachefs", { source })], devices);
    // Kernels without /sys entries name them in the source.
    expect(backingsOf("mount:11", snapshot("/dev/sdb:/dev/dm-0"))).toEqual([
      "block:8:16",
      "block:8:32",
    ]);
    // A source that only udev knows.
    expect(
      backingsOf("mount:11", { ...snapshot("/dev/disk/by-id/b:/dev/disk/by-id/d"), bcachefs }),
    ).toEqual(["block:8:16", "block:8:32"]);
  });

  test("of an ext4 without an internal journal depends on all journal devices", () => {
    const names = ["sda1", "dm-0", "dm-1", "dm-10"];
    const devices = names.map((name, i) => makeDevice(name, `8:${i + 1}`));
    const mounts = devices
      .slice(0, 3)
      .map(({ dev }, i) => makeMount(11 + i, 10, dev, `/data${i}`, "ext4"));
    const journals = ["dm-1-8", "dm-10", "sda1-8"];
    const snapshot = { ...makeSnapshot(mounts, devices), journals };
    expect(backingsOf("mount:11", snapshot)).toEqual(["block:8:1"]);
    expect(backingsOf("mount:12", snapshot)).toEqual(["block:8:2", "block:8:4"]);
    expect(backingsOf("mount:13", snapshot)).toEqual(["block:8:3"]);
  });

  test("with an external log depends on that too", () => {
    const superOptions = ["rw", "logdev=/dev/mapper/log"];
    const mount = makeMount(11, 10, "8:1", "/data", "xfs", { superOptions });
    const log = makeDevice("dm-0", "253:0", [], { dm: makeDm("log", "linear") });
    expect(backingsOf("mount:11", makeSnapshot([mount], [sda1, log]))).toEqual([
      "block:253:0",
      "block:8:1",
    ]);
  });
});

describe("an overlay", () => {
  test("does not depend on a mount that was stacked on its layer later and depends on the overlay", () => {
    const superOptions = ["lowerdir=/data", "upperdir=/data/u"];
    const mounts = [
      root,
      makeMount(11, 10, "8:2", "/data", "xfs"),
      makeMount(12, 10, "0:50", "/merged", "overlay", { superOptions }),
      makeMount(13, 11, "7:0", "/data", "squashfs"),
    ];
    const devices = [
      sda1,
      makeDevice("sda2", "8:2"),
      makeLoop("loop0", "7:0", "/merged/image", "0:50"),
    ];
    const snapshot = makeSnapshot(mounts, devices);
    expect(backingsOf("mount:12", snapshot)).toEqual(["block:8:2", "mount:10", "mount:11"]);
    expect(findCycles(buildGraph(snapshot))).toEqual([]);
    // If it has another device, either may be the layer.
    const other = makeSnapshot(mounts, [sda1, makeDevice("sdb", "7:0")]);
    expect(backingsOf("mount:12", other)).toEqual([
      "block:7:0",
      "mount:10",
      "mount:11",
      "mount:13",
    ]);
  });

  test("may name its layers in several ways", () => {
    const options = [
      "rw",
      "lowerdir=/a\\:b:/c\\,d::/data",
      "upperdir=/u",
      "workdir=/w",
      "index=off",
    ];
    expect(listOverlayLayers(options)).toEqual(["/a:b", "/c,d", "/data", "/u", "/w"]);
    expect(listOverlayLayers(["lowerdir+=/x:y", "datadir+=/z", "lowerdir=l/AB"])).toEqual([
      "/x:y",
      "/z",
    ]);
  });

  test("depends on the mounts that contain its layers, even with paths from before the pivot", () => {
    const mounts = [
      makeMount(1, 0, "0:30", "/", "tmpfs"),
      makeMount(10, 1, "8:1", "/oldroot", "ext4"),
      makeMount(11, 10, "8:2", "/oldroot/var", "ext4"),
      makeMount(12, 11, "0:50", "/oldroot/var/lib/merged", "overlay", {
        superOptions: ["lowerdir=/var/lib/lower:/opt", "upperdir=/oldroot/var/u"],
      }),
    ];
    expect(backingsOf("mount:12", makeSnapshot(mounts))).toEqual(["mount:10", "mount:11"]);
  });

  test("of a live system depends on the devices of the layers that are mounted below it", () => {
    const mounts = [
      makeMount(10, 1, "0:50", "/", "overlay", {
        superOptions: ["lowerdir=/run/live/rootfs", "upperdir=/run/live/overlay/rw"],
      }),
      makeMount(11, 10, "0:24", "/run", "tmpfs"),
      makeMount(12, 11, "7:0", "/run/live/rootfs", "squashfs"),
      makeMount(13, 11, "0:51", "/run/live/overlay", "tmpfs"),
    ];
    const loop = makeLoop("loop0", "7:0", "/gone", "11:0");
    expect(backingsOf("mount:10", makeSnapshot(mounts, [loop]))).toEqual(["block:7:0"]);
  });
});

describe("a loop device", () => {
  test("depends on the mount through which its file was opened", () => {
    const mounts = [root, makeMount(11, 10, "8:1", "/srv", "ext4", { root: "/srv" })];
    const loop = makeLoop("loop0", "7:0", "/srv/a.img", "8:1");
    expect(backingsOf("block:7:0", makeSnapshot(mounts, [sda1, loop]))).toEqual(["mount:11"]);
  });

  test("of a btrfs file, whose number no mount shows, is found by its path", () => {
    const loop = makeLoop("loop0", "7:0", "/srv/a.img", "0:99");
    expect(backingsOf("block:7:0", makeSnapshot([root], [loop]))).toEqual(["mount:10"]);
  });

  test("whose number no mount has does not depend on mounts above it, unless they are btrfs", () => {
    const loop = makeLoop("loop0", "7:0", "/root.img", "0:99");
    const onLoop = (fsType: string) => makeSnapshot([makeMount(10, 1, "7:0", "/", fsType)], [loop]);
    expect(backingsOf("block:7:0", onLoop("squashfs"))).toEqual([]);
    const subvolume = makeMount(11, 10, "0:40", "/host", "btrfs");
    const image = makeLoop("loop0", "7:0", "/host/root.img", "0:99");
    const inSubvolume = makeSnapshot([makeMount(10, 1, "7:0", "/", "ext4"), subvolume], [image]);
    expect(backingsOf("block:7:0", inSubvolume)).toEqual(["mount:11"]);
  });

  test("with a path that does not exist depends on all mounts that may contain it, without a false cycle", () => {
    const mounts = [
      makeMount(10, 1, "8:1", "/data", "ext4"),
      makeMount(11, 10, "7:0", "/data/image", "ext4"),
      makeMount(12, 11, "8:1", "/data/image/again", "ext4"),
      makeMount(13, 1, "8:1", "/export", "ext4"),
    ];
    const loop = makeLoop("loop0", "7:0", "/elsewhere/a.img", "8:1");
    const graph = buildGraph(makeSnapshot(mounts, [sda1, loop]));
    expect(graph.backings.get("block:7:0")).toEqual(["mount:10", "mount:13"]);
    expect(findCycles(graph)).toEqual([]);
  });

  test("on a block device depends on that, although its node is in devtmpfs", () => {
    const loop = makeLoop("loop0", "7:0", "/dev/sda1", "0:5");
    expect(backingsOf("block:7:0", makeSnapshot([], [sda1, loop]))).toEqual(["block:8:1"]);
  });

  test("whose file's mount was detached depends on the device below", () => {
    const loop = makeLoop("loop0", "7:0", "/a.img", "8:1");
    expect(backingsOf("block:7:0", makeSnapshot([], [sda1, loop]))).toEqual(["block:8:1"]);
  });
});

test("a swap file that a later mount covers waits until all covers are gone", () => {
  const mounts = [
    root,
    makeMount(11, 10, "8:2", "/data", "xfs"),
    makeMount(12, 11, "0:50", "/data", "tmpfs"),
    makeMount(13, 12, "0:51", "/data", "tmpfs"),
  ];
  const swap = { sizeKib: 1, usedKib: 0, path: "/data/swap", type: "file" } as const;
  const snapshot = makeSnapshot(mounts, [sda1], [swap]);
  expect(backingsOf("swap:/data/swap", snapshot)).toEqual(["mount:11"]);
  expect(backingsOf("mount:13", snapshot)).toEqual(["mount:12", "swap:/data/swap"]);
  expect(backingsOf("mount:12", snapshot)).toEqual(["mount:11", "swap:/data/swap"]);
  // Also if the covering mount is on an image in the directory of the swap file, further up.
  const above = [
    root,
    makeMount(11, 10, "0:50", "/data", "tmpfs"),
    makeMount(12, 11, "8:2", "/data/in", "xfs"),
    makeMount(13, 11, "7:0", "/data", "squashfs"),
  ];
  const image = makeLoop("loop0", "7:0", "/data/in/image", "8:2");
  const deep = makeSnapshot(above, [sda1, image], [{ ...swap, path: "/data/in/swap" }]);
  expect(backingsOf("swap:/data/in/swap", deep)).toEqual(["mount:12"]);
  expect(backingsOf("mount:13", deep)).toEqual([
    "block:7:0",
    "mount:11",
    "mount:12",
    "swap:/data/in/swap",
  ]);
  expect(findCycles(buildGraph(deep))).toEqual([]);
  // If it was removed while in use, no path leads to it, and nothing covers it.
  const removed = makeSnapshot(mounts.slice(0, 1), [sda1], [{ ...swap, path: "/swap" }]);
  expect(backingsOf("swap:/swap", removed)).toEqual(["mount:10"]);
});

test("a swap file depends on its mount, a swap partition on its device and on its node's mount", () => {
  const swap = { sizeKib: 1, usedKib: 0 };
  const snapshot = makeSnapshot(
    [root],
    [sda1, makeDevice("dm-0", "253:0", [], { dm: makeDm("swap", "linear") })],
    [
      { ...swap, path: "/swapfile", type: "file", dev: "8:1" },
      { ...swap, path: "/dev/mapper/swap", type: "partition" },
    ],
  );
  expect(backingsOf("swap:/swapfile", snapshot)).toEqual(["mount:10"]);
  // swapoff(2) needs the path: detaching /dev first would leave the swap on.
  expect(backingsOf("swap:/dev/mapper/swap", snapshot)).toEqual(["block:253:0", "mount:10"]);
});

test("a swap partition with a node on a devtmpfs depends only on its device, if that is known", () => {
  const swap = { sizeKib: 1, usedKib: 0, type: "partition", dev: "8:1" } as const;
  const devtmpfs = makeMount(13, 10, "0:5", "/oldroot/dev", "devtmpfs");
  const oldRoot = makeMount(10, 1, "8:2", "/oldroot", "ext4");
  // Before and after the devtmpfs was detached.
  for (const path of ["/oldroot/dev/sda1", "/sda1"]) {
    const snapshot = makeSnapshot([oldRoot, devtmpfs], [sda1], [{ ...swap, path }]);
    expect(backingsOf("swap:/dev/sda1", snapshot)).toEqual(["block:8:1"]);
  }
  const path = "/oldroot/dev/gone";
  const unknown = makeSnapshot([oldRoot, devtmpfs], [], [{ ...swap, path }]);
  expect(backingsOf(`swap:${path}`, unknown)).toEqual(["mount:13"]);
});

test("an array with its bitmap in a file depends on that file's mount", () => {
  const md = makeDevice("md0", "9:0", ["sda1"], {
    md: {
      level: "raid1",
      arrayState: "clean",
      metadataVersion: "1.2",
      bitmapLocation: "file",
      bitmapFile: "/md0.bitmap",
    },
  });
  expect(backingsOf("block:9:0", makeSnapshot([root], [sda1, md]))).toEqual([
    "block:8:1",
    "mount:10",
  ]);
});

test("two cycles are found separately, each sorted", () => {
  const device = (name: string, minor: number, slave: string) =>
    makeDevice(name, `253:${minor}`, [slave], { dm: makeDm(name, "linear") });
  const graph = buildGraph(
    makeSnapshot(
      [],
      [device("d", 4, "c"), device("c", 3, "d"), device("b", 2, "a"), device("a", 1, "b")],
    ),
  );
  expect(findCycles(graph)).toEqual([
    ["block:253:1", "block:253:2"],
    ["block:253:3", "block:253:4"],
  ]);
});

describe("an overlay whose layers' mounts are gone", () => {
  const layers = ["lowerdir=/run/live/rootfs", "upperdir=/run/live/cow/rw"];
  const live = makeMount(10, 1, "0:25", "/oldroot", "overlay", { superOptions: layers });
  const run = makeMount(11, 10, "0:23", "/oldroot/run", "tmpfs");
  const medium = makeMount(12, 11, "8:1", "/oldroot/run/live/medium", "vfat");
  const image = makeLoop("loop0", "7:0", "/oldroot/run/live/medium/root.squashfs", "8:1");
  const claimed = { ...image, loop: { ...image.loop, claimed: true } } as typeof image;

  test("depends on devices that are in use without a visible user", () => {
    const snapshot = makeSnapshot([live, run, medium], [sda1, claimed]);
    expect(backingsOf("mount:10", snapshot)).toEqual(["block:7:0"]);
  });

  test("does not contain an image whose file system cannot be queried", () => {
    // A FUSE without its server and its mount.
    const loop = { backingFile: "/filesystem.squashfs", autoclear: true, claimed: true } as const;
    const snapshot = makeSnapshot([live, run], [{ ...claimed, loop }]);
    expect(backingsOf("mount:10", snapshot)).toEqual(["block:7:0"]);
    expect(backingsOf("block:7:0", snapshot)).toEqual([]);
    const other = makeMount(13, 1, "8:1", "/oldroot", "ext4");
    expect(backingsOf("block:7:0", makeSnapshot([other], [{ ...claimed, loop }]))).toEqual([
      "mount:13",
    ]);
  });

  test("depends neither on unused devices nor on an image inside itself", () => {
    const unused = makeSnapshot([live, run, medium], [sda1, image]);
    expect(backingsOf("mount:10", unused)).toEqual([]);
    const inside = { ...claimed, loop: { ...claimed.loop, backingDev: "0:25" } } as typeof image;
    expect(backingsOf("mount:10", makeSnapshot([live, run], [inside]))).toEqual([]);
  });
});

test.each(["snapshot-origin", "snapshot-merge"])(
  "a %s is unmounted before its snapshot",
  (type) => {
    const dm = (name: string, target: string) => ({ dm: makeDm(name, target) });
    const snapshot = makeSnapshot(
      [makeMount(10, 1, "253:0", "/oldroot", "ext4")],
      [
        makeDevice("sda", "8:0"),
        makeDevice("dm-0", "253:0", ["dm-1"], dm("vg-root", type)),
        makeDevice("dm-1", "253:1", ["sda"], dm("vg-root-real", "linear")),
        makeDevice("dm-2", "253:2", ["dm-1", "dm-3"], dm("vg-snap", "snapshot")),
        makeDevice("dm-3", "253:3", ["sda"], dm("vg-snap-cow", "linear")),
        makeDevice("dm-4", "253:4", ["sda"], dm("vg-other", "snapshot")),
      ],
    );
    expect(backingsOf("block:253:0", snapshot)).toEqual(["block:253:1", "block:253:2"]);
    expect(backingsOf("block:253:2", snapshot)).toEqual(["block:253:1", "block:253:3"]);
  },
);

test("a server of FUSE with files on itself that serves a block device, too, leaves no loose edge", () => {
  const server = { pid: 77, command: "both", fileSystems: ["0:50"], devices: [] };
  const snapshot: Snapshot = {
    ...makeSnapshot(
      [
        makeMount(10, 1, "0:50", "/oldroot/f", "fuse.both"),
        makeMount(11, 1, "259:9", "/oldroot/u", "ext4"),
      ],
      [makeDevice("ublkb0", "259:9", [], { ublk: { id: 0, server } })],
    ),
    fuseServers: [server],
  };
  const { nodes, backings } = buildGraph(snapshot);
  for (const list of backings.values())
    for (const id of list) expect([...nodes.keys()]).toContain(id);
  expect(() => makePlan(buildGraph(snapshot), { perspective: "exitrd" })).not.toThrow();
});

test("an image below the tree holds the original of its mount and the copy, and both are detached", () => {
  const below = "/oldroot/run/initramfs";
  const snapshot = makeSnapshot(
    [
      makeMount(10, 1, "0:50", "/oldroot", "overlay"),
      makeMount(11, 10, "0:30", "/oldroot/run", "tmpfs"),
      makeMount(12, 11, "8:1", `${below}/medium`, "vfat"),
      makeMount(13, 11, "0:31", below, "ramfs"),
      makeMount(14, 13, "8:1", `${below}/medium`, "vfat"),
      makeMount(15, 13, "7:0", `${below}/squashfs`, "squashfs"),
    ],
    [makeDevice("sda1", "8:1"), makeLoop("loop0", "7:0", `${below}/medium/a.squashfs`, "8:1")],
  );
  expect(backingsOf("block:7:0", snapshot)).toEqual(["mount:12", "mount:14"]);
});
