import type { Step } from "../../src/kinds/kinds.ts";
import { type FakeDevice, FakeMachine } from "./fake-machine.ts";
import { API, disk, mount } from "./stacks.ts";

/** One kind of storage on a backing that also has a step, unless it has no backing. */
export interface KindStack {
  readonly machine: () => FakeMachine;
  /** The call that releases it, and the further attempts if that fails. */
  readonly calls: readonly [string, ...string[]];
  /** The call that releases its backing, which must come later. */
  readonly backing?: string;
  /**
   * The backing is tried even if this step failed, and the kernel refuses because of this mount.
   */
  readonly refused?: string;
  /** Another process releases it. */
  readonly vanish: (machine: FakeMachine) => void;
}

type Parts = ConstructorParameters<typeof FakeMachine>[0];

export const crypt: FakeDevice = {
  name: "dm-0",
  dev: "253:0",
  slaves: ["nvme0n1"],
  kind: "dm",
  label: "below",
  target: "crypt",
};
export const dm = {
  name: "dm-1",
  dev: "253:1",
  slaves: ["dm-0"],
  kind: "dm",
  label: "top",
} as const;
export const zram = { name: "zram0", dev: "254:0", slaves: [], kind: "zram" } as const;

const lio = "/sys/kernel/config/target";
const namespace = "/sys/kernel/config/nvmet/subsystems/zoo/namespaces/1";
const gadget = "/sys/kernel/config/usb_gadget/g1";

function removeFiles(machine: FakeMachine): void {
  machine.texts = new Map();
}

const rootOnCrypt = mount(10, 1, "253:0", "/oldroot", "ext4", "/dev/mapper/below");

export function onCrypt(top: FakeDevice): () => FakeMachine {
  return makeMachine({ devices: [disk, crypt, top] });
}

function makeMachine(parts: Partial<Parts>): () => FakeMachine {
  return () => new FakeMachine({ mounts: API, ...parts });
}

function removeDevice(name: string): (machine: FakeMachine) => void {
  return (machine) => {
    machine.devices = machine.devices.filter((device) => device.name !== name);
  };
}

/** ext4 on bcache0, which is dm-0 cached by dm-1. */
export function makeBcacheMachine(): FakeMachine {
  const bcache = { name: "bcache0", dev: "252:0", kind: "bcache", label: "12-34" } as const;
  return new FakeMachine({
    mounts: [...API, mount(10, 1, "252:0", "/oldroot", "ext4", "/dev/bcache0")],
    devices: [disk, crypt, { ...dm, slaves: [] }, { ...bcache, slaves: ["dm-0", "dm-1"] }],
    bcacheSets: new Map([["12-34", ["dm-1"]]]),
  });
}

/** ext4 on a blocked device. */
function onBlocked(change: Partial<FakeDevice>): () => FakeMachine {
  return makeMachine({ mounts: [...API, rootOnCrypt], devices: [disk, { ...crypt, ...change }] });
}

function unblock(machine: FakeMachine): void {
  machine.devices = machine.devices.map((one) => (one.name === "dm-0" ? crypt : one));
}

function endServers(machine: FakeMachine): void {
  machine.servers = [];
}

function onSession(protocol: "nvme" | "iscsi", name: string, path: string, device: string) {
  return {
    machine: makeMachine({
      mounts: [...API, mount(10, 1, "8:16", "/oldroot", "ext4", `/dev/${device}`)],
      devices: [{ name: device, dev: "8:16", slaves: [], kind: "disk" }],
      sessions: [{ protocol, name, paths: [path], devices: [device] }],
    }),
    vanish: (machine: FakeMachine) => {
      machine.sessions = [];
      removeDevice(device)(machine);
    },
  };
}

/** mdmon runs from the root, which is on its volume. */
const imsmRoot: Parts = {
  mounts: [...API, mount(10, 1, "9:126", "/oldroot", "ext4", "/dev/md126")],
  devices: [
    disk,
    {
      name: "md126",
      dev: "9:126",
      slaves: ["nvme0n1"],
      kind: "md",
      metadataVersion: "external:/md127/0",
    },
    {
      name: "md127",
      dev: "9:127",
      slaves: ["nvme0n1"],
      kind: "md",
      metadataVersion: "external:imsm",
    },
  ],
  servers: [{ pid: 99, command: "mdmon", dev: "9:126", container: "md127" }],
};

/** By kind of step, and by name if there are several. New kinds must be added here. */
export const kindStacks: Record<Step["kind"], Readonly<Record<string, KindStack>>> = {
  umount: {
    ext4: {
      machine: makeMachine({ mounts: [...API, rootOnCrypt], devices: [disk, crypt] }),
      calls: ["umount /oldroot"],
      backing: "dm-remove 253:0",
      vanish: (machine) => {
        machine.mounts = machine.mounts.filter(({ id }) => id !== 10);
      },
    },
  },
  swapoff: {
    partition: {
      machine: makeMachine({ devices: [disk, crypt], swaps: ["/dev/dm-0"] }),
      calls: ["swapoff /dev/dm-0"],
      backing: "dm-remove 253:0",
      vanish: (machine) => {
        machine.swaps = machine.swaps.filter((swap) => swap !== "/dev/dm-0");
      },
    },
  },
  "dm-remove": {
    linear: {
      machine: onCrypt(dm),
      calls: ["dm-remove 253:1"],
      backing: "dm-remove 253:0",
      vanish: removeDevice("dm-1"),
    },
    writecache: {
      machine: onCrypt({ ...dm, target: "writecache" }),
      calls: ["dm-remove 253:1"],
      backing: "dm-remove 253:0",
      vanish: removeDevice("dm-1"),
    },
  },
  "dm-unblock": {
    suspended: {
      machine: onBlocked({ suspended: true }),
      calls: ["dm-resume 253:0"],
      backing: "umount /oldroot",
      vanish: unblock,
    },
    multipath: {
      machine: onBlocked({ target: "multipath", queues: true }),
      calls: ["dm-message 253:0 0 fail_if_no_path"],
      backing: "umount /oldroot",
      vanish: unblock,
    },
  },
  "loop-detach": {
    loop: {
      machine: onCrypt({
        name: "loop0",
        dev: "7:0",
        slaves: [],
        kind: "loop",
        label: "/dev/dm-0",
        backingDev: "253:0",
      }),
      calls: ["loop-detach loop0"],
      backing: "dm-remove 253:0",
      vanish: removeDevice("loop0"),
    },
    "loop on an empty file": {
      machine: makeMachine({
        mounts: [...API, rootOnCrypt],
        devices: [
          disk,
          crypt,
          {
            name: "loop0",
            dev: "7:0",
            slaves: [],
            kind: "loop",
            label: "/oldroot/empty",
            backingDev: "253:0",
            sectors: 0,
          },
        ],
      }),
      calls: ["loop-detach loop0"],
      backing: "umount /oldroot",
      vanish: removeDevice("loop0"),
    },
  },
  "md-stop": {
    md: {
      machine: onCrypt({ name: "md0", dev: "9:0", slaves: ["dm-0"], kind: "md" }),
      calls: ["md-stop md0"],
      backing: "dm-remove 253:0",
      vanish: removeDevice("md0"),
    },
  },
  "mdmon-end": {
    IMSM: {
      machine: () => new FakeMachine(imsmRoot),
      calls: ["kill 99 SIGTERM", "kill 99 SIGKILL", "kill -1 SIGKILL"],
      backing: "umount /oldroot",
      vanish: endServers,
    },
  },
  "process-end": {
    FUSE: {
      machine: makeMachine({
        mounts: [...API, rootOnCrypt, mount(11, 10, "0:60", "/oldroot/fuse", "fuse.sshfs", "h:/")],
        devices: [disk, crypt],
        servers: [{ pid: 812, command: "sshfs", dev: "253:0" }],
      }),
      calls: ["kill 812 SIGTERM", "kill 812 SIGKILL", "kill -1 SIGKILL"],
      backing: "umount /oldroot",
      // After the last FUSE mount is gone, no view shows the server any more.
      refused: "/oldroot",
      vanish: endServers,
    },
    ublk: {
      machine: makeMachine({
        mounts: [
          ...API,
          rootOnCrypt,
          mount(11, 10, "259:9", "/oldroot/data", "ext4", "/dev/ublkb0"),
        ],
        devices: [disk, crypt, { name: "ublkb0", dev: "259:9", slaves: [], kind: "ublk" }],
        servers: [{ pid: 812, command: "ublk", dev: "253:0", ublk: 0 }],
      }),
      calls: ["kill 812 SIGTERM", "kill 812 SIGKILL", "kill -1 SIGKILL"],
      backing: "umount /oldroot",
      vanish: (machine) => {
        endServers(machine);
        removeDevice("ublkb0")(machine);
      },
    },
  },
  "zram-reset": {
    zram: {
      machine: makeMachine({ devices: [zram] }),
      calls: ["zram-reset zram0"],
      vanish: removeDevice("zram0"),
    },
  },
  "bcache-stop": {
    bcache: {
      machine: makeBcacheMachine,
      calls: ["bcache-stop bcache0"],
      backing: "bcache-set-stop 12-34",
      vanish: removeDevice("bcache0"),
    },
  },
  "bcache-set-stop": {
    "cache set": {
      machine: makeBcacheMachine,
      calls: ["bcache-set-stop 12-34"],
      backing: "dm-remove 253:1",
      vanish: (machine) => {
        machine.bcacheSets = new Map();
      },
    },
  },
  "nbd-disconnect": {
    nbd: {
      machine: makeMachine({ devices: [{ name: "nbd0", dev: "43:0", slaves: [], kind: "nbd" }] }),
      calls: ["nbd-disconnect nbd0"],
      vanish: removeDevice("nbd0"),
    },
  },
  "rbd-unmap": {
    RBD: {
      machine: makeMachine({ devices: [{ name: "rbd0", dev: "252:0", slaves: [], kind: "rbd" }] }),
      calls: ["rbd-unmap 0"],
      vanish: removeDevice("rbd0"),
    },
  },
  "drbd-down": {
    DRBD: {
      machine: onCrypt({
        name: "drbd0",
        dev: "147:0",
        slaves: ["dm-0"],
        kind: "drbd",
        label: "r0",
      }),
      calls: ["drbd-down r0"],
      backing: "dm-remove 253:0",
      vanish: removeDevice("drbd0"),
    },
  },
  "session-close": {
    "NVMe over TCP": {
      ...onSession("nvme", "nvme-subsys0", "nvme0", "nvme0n1"),
      calls: ["nvme-delete nvme0"],
    },
    iSCSI: {
      ...onSession("iscsi", "session1", "connection1:0", "sda"),
      calls: ["iscsi-logout connection1:0"],
    },
  },
  unexport: {
    LIO: {
      machine: makeMachine({
        devices: [disk, crypt],
        texts: {
          [`${lio}/core/iblock_0/disk/info`]:
            "        iBlock device: dm-0  UDEV PATH: /dev/vg/lv  readonly: 0\n        Major: 253 Minor: 0  CLAIMED: IBLOCK",
          [`${lio}/iscsi/iqn.2003-01.org/tpgt_1/enable`]: "1",
          [`${lio}/iscsi/iqn.2003-01.org/tpgt_1/lun/lun_0/4e0a`]:
            "-> ../../../../../../target/core/iblock_0/disk",
          [`${lio}/iscsi/iqn.2003-01.org/tpgt_1/lun/lun_0/alua_tg_pt_gp`]: "",
        },
      }),
      calls: [`rmdir ${lio}/core/iblock_0/disk`],
      backing: "dm-remove 253:0",
      vanish: removeFiles,
    },
    "NVMe target": {
      machine: makeMachine({
        devices: [disk, crypt],
        texts: {
          [`${namespace}/enable`]: "1",
          [`${namespace}/device_path`]: "/dev/dm-0",
        },
      }),
      calls: [`write ${namespace}/enable 0`],
      backing: "dm-remove 253:0",
      vanish: removeFiles,
    },
    "NFS server": {
      machine: makeMachine({
        mounts: [...API, rootOnCrypt],
        devices: [disk, crypt],
        texts: {
          "/proc/fs/nfsd/threads": "8",
          "/proc/fs/nfsd/exports": "# Version 1.1\n/oldroot/srv\t*(rw,sync)",
        },
      }),
      calls: ["write /proc/fs/nfsd/threads 0"],
      backing: "umount /oldroot",
      vanish: removeFiles,
    },
    ksmbd: {
      machine: makeMachine({
        mounts: [...API, rootOnCrypt],
        devices: [disk, crypt],
        texts: {
          "/sys/class/ksmbd-control/kill_server": "",
          "/sys/class/ksmbd-control/stats": "2 running 4294 10",
        },
      }),
      calls: ["write /sys/class/ksmbd-control/kill_server hard"],
      backing: "umount /oldroot",
      vanish: removeFiles,
    },
    "USB gadget": {
      machine: makeMachine({
        mounts: [...API, rootOnCrypt],
        devices: [disk, crypt],
        texts: {
          [`${gadget}/UDC`]: "dummy_udc.0",
          [`${gadget}/functions/mass_storage.0/lun.0/file`]: "/oldroot/stick.img",
        },
      }),
      calls: [`write ${gadget}/functions/mass_storage.0/lun.0/file `],
      backing: "umount /oldroot",
      vanish: removeFiles,
    },
  },
  "zpool-export": {
    pool: {
      machine: makeMachine({
        mounts: [...API, mount(10, 1, "0:40", "/oldroot", "zfs", "rpool/ROOT/debian")],
        devices: [disk, crypt],
        pools: [{ name: "rpool", devices: ["dm-0"] }],
      }),
      calls: ["zpool-export rpool"],
      backing: "dm-remove 253:0",
      vanish: (machine) => {
        machine.pools = [];
      },
    },
  },
};

/** All stacks with their names: "dm-remove: writecache". */
export function listKindStacks(): readonly (KindStack & { readonly name: string })[] {
  return Object.entries(kindStacks).flatMap(([kind, stacks]) =>
    Object.entries(stacks).map(([name, stack]) => ({ name: `${kind}: ${name}`, ...stack })),
  );
}
