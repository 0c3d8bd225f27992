import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { describeFinding, severityOf } from "../../src/check/describe-finding.ts";
import type { BlockServer, Facts, ImageFacts, LinkFacts } from "../../src/check/facts.ts";
import { findFindings, type Planned } from "../../src/check/find-findings.ts";
import type { Finding } from "../../src/check/finding.ts";
import { checkStorage } from "../../src/check/rules/storage.ts";
import { listLeft } from "../../src/execute/left/degrade.ts";
import { parseBuildConf } from "../../src/image/build-conf.ts";
import type { Snapshot } from "../../src/kinds/kinds.ts";
import type { Session } from "../../src/kinds/session/state.ts";
import type { ReasonKind } from "../../src/load/judge-boot.ts";
import { buildGraph } from "../../src/teardown/graph/build-graph.ts";
import { makePlan } from "../../src/teardown/plan/make-plan.ts";
import { makePolicy } from "../../src/teardown/plan/policy.ts";
import type { StayReason } from "../../src/teardown/plan/stay-reason.ts";
import { listRemaining } from "../../src/teardown/report/plan-verdict.ts";
import {
  lvmOnLuks,
  makeDevice,
  makeDm,
  makeMount,
  makeSnapshot,
  planFor,
} from "./core-builders.ts";
import { findings } from "./message-samples.ts";

const image: ImageFacts = {
  path: "/usr/lib/exitrd/exitrd.img",
  ...{ now: [], next: [], isNoexec: false, differs: false, configChanged: false },
  ...{
    notes: [],
    parameterNotes: [],
    updates: [],
    isConfigured: false,
    refusedExtensions: [],
    measuredPcrs: [12],
  },
  settings: {},
};

const good: Required<Facts> = {
  image,
  init: { systemd: "257.9-1~deb13u1", hasFinalrd: false },
  ...{ watchdogs: [], kernelUsers: [], servers: [], killpower: [], bindings: [] },
  network: { links: [], routes: [], servers: [] },
  record: { isWanted: true, hasPlace: true, lacksBmc: false, reasons: [] },
};

const root = makeMount(20, 1, "253:1", "/", "ext4");

function planned(snapshot: Snapshot = makeSnapshot([root], lvmOnLuks)): Planned {
  return { snapshot, ...planFor(snapshot, "running") };
}

function check(facts: Partial<Facts>, snapshot?: Snapshot): readonly Finding[] {
  return findFindings({ ...good, ...facts }, planned(snapshot));
}

function kinds(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ kind }) => kind);
}

test("a clean machine has no findings", () => {
  expect(check({})).toEqual([]);
});

describe("finds an image", () => {
  const checkImage = (facts: Partial<ImageFacts>) => check({ image: { ...image, ...facts } });

  test("that is not loaded, now or after a reboot", () => {
    const now = [
      { kind: "nothing-loaded", message: "nothing is loaded: run 'exitrd load'" },
    ] as const;
    const bad = { kind: "image-bad", message: "the image is damaged" } as const;
    expect(checkImage({ now, next: [...now, bad] })).toEqual([
      { kind: "not-loaded", cause: "nothing-loaded", reason: now[0].message },
      { kind: "not-after-reboot", cause: "image-bad", reason: bad.message },
    ]);
  });

  test.each<[ReasonKind, string, string]>([
    ["nothing-loaded", "nothing is loaded: run 'exitrd load'", "exitrd load"],
    ["masked", "exitrd-load.service is masked", "systemctl unmask exitrd-load.service"],
    ["image-bad", "the image is damaged", "exitrd build, or reinstall the package"],
    ["another-program", "another program's exitrd is loaded", "exitrd load --force"],
  ])("whose cure is a command: %s", (cause, reason, cure) => {
    expect(describeFinding({ kind: "not-loaded", cause, reason }).cure).toBe(cure);
  });

  test("whose tree is mounted noexec, and no other reason", () => {
    const message = "the loaded exitrd is not executable: run 'exitrd load'";
    const now = [{ kind: "tree-not-executable", message }] as const;
    expect(checkImage({ now, isNoexec: true })).toEqual([
      { kind: "noexec", target: "/run/initramfs" },
    ]);
  });

  test.each<[Partial<ImageFacts>, Finding]>([
    [{ differs: true }, { kind: "image-differs", image: image.path }],
    [
      { refusal: "it is not signed" },
      { kind: "image-refused", image: image.path, problem: "it is not signed" },
    ],
    [{ configChanged: true }, { kind: "config-changed" }],
    [
      { passedOver: { path: "/var/lib/exitrd/exitrd.img", reason: "it is older" } },
      { kind: "image-passed-over", image: "/var/lib/exitrd/exitrd.img", reason: "it is older" },
    ],
    [{ notes: ["/a:1: x, ignoring"] }, { kind: "config-line", line: "/a:1: x, ignoring" }],
    [{ notes: ["/a:1: x, using yes"] }, { kind: "config-strict", line: "/a:1: x, using yes" }],
    [
      { parameterNotes: ["/proc/cmdline: x, ignoring"] },
      { kind: "parameter", line: "/proc/cmdline: x, ignoring" },
    ],
    [
      { updates: [{ origin: { file: "/usr/bin/tac" }, state: "gone" }], isConfigured: true },
      { kind: "stale-tool", file: "/usr/bin/tac", state: "gone", isConfigured: true },
    ],
    [
      {
        initrd: { path: "/boot/x", stale: ["/etc/exitrd.conf"], updater: "dracut --force" },
      },
      {
        ...{ kind: "stale-initrd", initrd: "/boot/x", file: "/etc/exitrd.conf" },
        updater: "dracut --force",
      },
    ],
    [
      { refusedExtensions: [{ path: "/a.raw", reason: "not signed" }] },
      { kind: "extension-refused", path: "/a.raw", reason: "not signed" },
    ],
    [{ breakAt: "before-verb" }, { kind: "debug-shell", stage: "before-verb" }],
  ])("with %j", (facts, finding) => {
    expect(checkImage(facts)).toEqual([finding]);
  });
});

describe("finds a pivot", () => {
  test.each([
    ["254-1", ["systemd-bug"]],
    ["254.0-2", ["systemd-bug"]],
    ["254~rc2-3", ["systemd-bug"]],
    ["254.16-1", []],
    // The library's name lacks the point release.
    ["254", []],
    ["252", []],
    ["", []],
  ])("by systemd %j: %j", (systemd, expected) => {
    expect(kinds(check({ init: { systemd, hasFinalrd: false } }))).toEqual(expected);
  });

  test("that finalrd would fill if nothing were loaded, which is a note", () => {
    const found = check({ init: { systemd: "252", hasFinalrd: true } });
    expect(kinds(found)).toEqual(["other-exitrd"]);
    expect(found.map(severityOf)).toEqual(["note"]);
  });

  test("with a short deadline of systemd, unless exitrd.conf has a longer one", () => {
    const init = { ...good.init, stopTimeout: { ms: 5_000, file: "/etc/systemd/system.conf" } };
    expect(check({ init })).toEqual([
      {
        kind: "short-deadline",
        timeoutMs: 5_000,
        source: "DefaultTimeoutStopSec= in /etc/systemd/system.conf",
      },
    ]);
    expect(check({ init, image: { ...image, settings: { timeoutMs: 90_000 } } })).toEqual([]);
    expect(check({ init: { ...init, stopTimeout: { ms: 0, file: "/a" } } })).toEqual([]);
  });

  test("with a short deadline in exitrd.conf", () => {
    expect(check({ image: { ...image, settings: { timeoutMs: 1_000 } } })).toEqual([
      { kind: "short-deadline", timeoutMs: 1_000, source: "Timeout=" },
    ]);
  });
});

describe("finds a watchdog", () => {
  const running = {
    ...{ name: "watchdog0", isActive: true, isNoWayOut: true, timeoutS: 60, isInits: false },
  };
  const set = (watchdog: "off" | number) => ({ image: { ...image, settings: { watchdog } } });

  test("that is configured but missing", () => {
    expect(kinds(check(set(30_000)))).toEqual(["watchdog-missing"]);
    expect(check({ ...set(30_000), watchdogs: [running] })).toEqual([]);
    expect(check(set("off"))).toEqual([]);
  });

  test("that nobody will ping", () => {
    expect(check({ watchdogs: [running] })).toEqual([
      { kind: "watchdog-unfed", device: "/dev/watchdog0", timeoutS: 60 },
    ]);
    expect(check({ watchdogs: [{ ...running, isInits: true }] })).toEqual([]);
    expect(check({ watchdogs: [{ ...running, isActive: false }] })).toEqual([]);
    expect(check({ watchdogs: [{ ...running, isNoWayOut: false }] })).toEqual([]);
    expect(check({ ...set("off"), watchdogs: [running] })).toEqual([]);
  });

  test("that is another one than Watchdog= makes PID 1 ping", () => {
    const other = { ...running, name: "watchdog1", timeoutS: 0 };
    const found = check({ ...set(30_000), watchdogs: [running, other] });
    expect(found).toEqual([{ kind: "watchdog-unfed", device: "/dev/watchdog1", timeoutS: 0 }]);
    expect(found.map((one) => describeFinding(one).cure)).toEqual([
      "disable its daemon, or have systemd ping it: WatchdogDevice=/dev/watchdog1 and RuntimeWatchdogSec=60s in systemd-system.conf(5)",
    ]);
  });
});

describe("finds storage", () => {
  const swap = { path: "/swap", type: "file", sizeKib: 2e6, usedKib: 1e6, dev: "253:1" } as const;

  test("with a swap that does not fit into memory", () => {
    const snapshot = { ...makeSnapshot([root], lvmOnLuks), swaps: [swap] };
    expect(check({}, { ...snapshot, memory: { availableKib: 2e6 } })).toEqual([]);
    expect(check({}, { ...snapshot, memory: { availableKib: 5e5 } })).toEqual([
      { kind: "swap-does-not-fit", path: "/swap", usedKib: 1e6, availableKib: 5e5 },
    ]);
  });

  test("on a machine with little memory", () => {
    const snapshot = { ...makeSnapshot([root], lvmOnLuks), memory: { availableKib: 20_000 } };
    expect(kinds(check({}, snapshot))).toEqual(["low-memory"]);
  });

  test("with a device that does not answer, once", () => {
    const devices = lvmOnLuks.map((one) =>
      one.name === "dm-1" ? { ...one, mute: true as const } : one,
    );
    const found = check({}, makeSnapshot([root], devices));
    expect(found.map((one) => one.kind === "mute" && one.node)).toEqual(["vg-root"]);
  });

  test("that depends on itself", () => {
    const ring = [
      makeDevice("dm-7", "253:7", ["dm-8"], { dm: makeDm("ring-a", "linear") }),
      makeDevice("dm-8", "253:8", ["dm-7"], { dm: makeDm("ring-b", "snapshot") }),
    ];
    expect(check({}, makeSnapshot([root], [...lvmOnLuks, ...ring]))).toEqual([
      { kind: "cycle", nodes: ["ring-a", "ring-b"] },
    ]);
  });

  test("with a pool of an unknown ZFS version", () => {
    const pools = [{ name: "tank", state: "ONLINE", devices: ["nvme0n1p3"] }];
    const snapshot = makeSnapshot([root], lvmOnLuks);
    expect(check({}, { ...snapshot, zfs: { version: "2.1.11", pools } })).toEqual([]);
    expect(check({}, { ...snapshot, zfs: { version: "9.9.9", pools } })).toEqual([
      { kind: "unknown-driver", node: "tank", version: "9.9.9" },
    ]);
  });

  test("with a device that only a missing tool can release", () => {
    const drbd = makeDevice("drbd0", "147:0", ["nvme0n1p3"]);
    expect(check({}, makeSnapshot([root], [...lvmOnLuks, drbd]))).toEqual([
      { kind: "needs-tool", node: "drbd0", tool: "drbdsetup" },
    ]);
  });

  describe("and is silent only about what leaves the shutdown clean:", () => {
    const base = makeSnapshot([root], lvmOnLuks);
    const pools = [{ name: "tank", state: "ONLINE", devices: ["nvme0n1p3"] }];
    const drbd = makeDevice("drbd0", "147:0", ["nvme0n1p3"]);
    const ring = [
      makeDevice("dm-7", "253:7", ["dm-8"], { dm: makeDm("ring-a", "linear") }),
      makeDevice("dm-8", "253:8", ["dm-7"], { dm: makeDm("ring-b", "snapshot") }),
    ];
    const mutes = lvmOnLuks.map((one) =>
      one.name === "dm-1" ? { ...one, mute: true as const } : one,
    );
    const snapshots: Readonly<Record<StayReason["kind"], Snapshot>> = {
      // The perspective of a check has nothing of its own.
      own: base,
      hardware: base,
      held: makeSnapshot([root], [...lvmOnLuks, drbd]),
      "no-tool": makeSnapshot([root], [...lvmOnLuks, drbd]),
      "no-memory": { ...base, swaps: [swap], memory: { availableKib: 5e5 } },
      mute: makeSnapshot([root], mutes),
      policy: { ...base, zfs: { version: "2.1.11", pools } },
      "unknown-version": { ...base, zfs: { version: "9.9.9", pools } },
      cycle: makeSnapshot([root], [...lvmOnLuks, ...ring]),
    };

    test.each(Object.entries(snapshots))("%s", (_, snapshot) => {
      const graph = buildGraph(snapshot);
      const plan = makePlan(graph, makePolicy("running", { zfs: "leave" }));
      const found = checkStorage(plan, graph, snapshot);
      const stays = listLeft(plan).length - plan.steps.length;
      expect(found.length === 0).toBe(stays === 0 && !kinds(found).includes("mute"));
      expect(listRemaining(plan)).toHaveLength(stays);
    });
  });

  test("that cannot be observed", () => {
    expect(findFindings(good, undefined)).toEqual([{ kind: "unread", what: "the storage" }]);
  });
});

describe("the server of the root", () => {
  const nbd = makeDevice("nbd0", "43:0", [], { nbd: { pid: 812 } });
  const onNbd = makeSnapshot([makeMount(20, 1, "43:0", "/", "ext4")], [nbd]);
  const server = { device: "nbd0", pid: 812, command: "qemu-nbd", isMarked: false };

  test("is found if its process has no mark", () => {
    expect(check({ servers: [server] }, onNbd)).toEqual([
      { kind: "unmarked-server", process: "qemu-nbd[812]", serves: "nbd0" },
    ]);
    expect(check({ servers: [{ ...server, isMarked: true }] }, onNbd)).toEqual([]);
  });

  test("needs no mark for other mounts: systemd unmounts those while it still runs", () => {
    const data = makeMount(30, 20, "43:0", "/srv", "ext4");
    expect(check({ servers: [server] }, makeSnapshot([root, data], [...lvmOnLuks, nbd]))).toEqual(
      [],
    );
  });

  test("is found if it is a FUSE server without the mark", () => {
    const fuse = makeMount(20, 1, "0:40", "/", "fuse.squashfuse");
    const found = check({}, makeSnapshot([fuse], []));
    expect(found).toEqual([{ kind: "unmarked-server", process: "", serves: "/" }]);
    const data = makeMount(30, 20, "0:40", "/srv", "fuse.sshfs");
    expect(check({}, makeSnapshot([root, data], lvmOnLuks))).toEqual([]);
  });

  test("is found if it is a ublk server without the mark", () => {
    const ublk = makeDevice("ublkb0", "259:0", [], { ublk: { id: 0 } });
    const found = check({}, makeSnapshot([makeMount(20, 1, "259:0", "/", "ext4")], [ublk]));
    expect(found).toEqual([{ kind: "unmarked-server", process: "", serves: "ublkb0" }]);
  });
});

describe("the network interface of a root", () => {
  const nfs = makeMount(20, 1, "0:40", "/", "nfs4", {
    source: "10.0.2.2:/root",
    superOptions: ["rw", "addr=10.0.2.2"],
  });
  const onNfs = makeSnapshot([nfs], []);
  const onNbd = makeSnapshot(
    [makeMount(20, 1, "43:0", "/", "ext4")],
    [makeDevice("nbd0", "43:0", [], { nbd: { pid: 812 } })],
  );
  const eth0: LinkFacts = { name: "eth0", isWireless: false, isIfupdowns: false };
  const dhcp = { file: "/etc/systemd/network/a.network", usesDhcp: true, keep: "" };
  const routes = [
    { link: "eth1", destination: 0, mask: 0 },
    { link: "eth0", destination: 0x0a000200, mask: 0xffffff00 },
  ];
  const network = (links: readonly LinkFacts[]) => ({
    network: { links, routes, servers: [] },
  });

  test("is found if it is wireless, or if ifupdown takes it down", () => {
    expect(check(network([{ ...eth0, isWireless: true }]), onNfs)).toEqual([
      { kind: "network-root", by: "wireless", link: "eth0", file: "" },
    ]);
    expect(check(network([{ ...eth0, isIfupdowns: true }]), onNfs)).toEqual([
      { kind: "network-root", by: "ifupdown", link: "eth0", file: "/etc/network/interfaces" },
    ]);
  });

  test("is found if it loses networkd's lease, which networkd keeps for a network file system", () => {
    const links = network([{ ...eth0, networkd: dhcp }]);
    expect(check(links, onNbd)).toEqual([
      { kind: "network-root", by: "networkd", link: "eth0", file: dhcp.file },
    ]);
    expect(check(links, onNfs)).toEqual([]);
    const kept = { ...dhcp, keep: "dhcp-on-stop" };
    expect(check(network([{ ...eth0, networkd: kept }]), onNbd)).toEqual([]);
    expect(check(network([{ ...eth0, networkd: { ...dhcp, keep: "no" } }]), onNfs)).toHaveLength(1);
    const fixed = { ...dhcp, usesDhcp: false };
    expect(check(network([{ ...eth0, networkd: fixed }]), onNbd)).toEqual([]);
  });

  test("is the one that its server is reached through", () => {
    const other = { ...eth0, name: "eth1", isIfupdowns: true };
    expect(check(network([eth0, other]), onNfs)).toEqual([]);
  });

  describe("is that of the root's server, not of another one", () => {
    const rootDisk = makeDevice("sda", "8:0");
    const mounts = [
      makeMount(20, 1, "8:0", "/", "ext4"),
      makeMount(30, 20, "8:16", "/srv", "ext4"),
    ];
    const data: Session = {
      ...{ protocol: "iscsi", name: "session2", paths: ["connection2:0"], devices: ["sdb"] },
    };
    const disks = [rootDisk, makeDevice("sdb", "8:16")];
    const both = [
      { ...eth0, isIfupdowns: true },
      { ...eth0, name: "eth1", isIfupdowns: true },
    ];
    const wan: BlockServer = { path: "connection2:0", address: "192.0.2.1" };
    const linksOf = (snapshot: Snapshot, servers: readonly BlockServer[]) =>
      check({ network: { links: both, routes, servers } }, snapshot).map((one) =>
        one.kind === "network-root" ? one.link : one.kind,
      );
    const onSession = (session: Partial<Session>): Snapshot => ({
      ...makeSnapshot(mounts, disks),
      sessions: [
        {
          ...{ protocol: "nvme", name: "nvme-subsys0", paths: ["nvme0"], devices: ["sda"] },
          ...session,
        },
        data,
      ],
    });

    test.each<[string, Partial<Session>, readonly BlockServer[], readonly string[]]>([
      ["NVMe over Fibre Channel", {}, [], []],
      ["NVMe over TCP", {}, [{ path: "nvme0", address: "10.0.2.2" }], ["eth0"]],
      [
        "iSCSI",
        { protocol: "iscsi", name: "session1", paths: ["connection1:0"] },
        [{ path: "connection1:0", address: "10.0.2.2" }],
        ["eth0"],
      ],
      [
        "two paths to it, of which one has no known address",
        { paths: ["nvme0", "nvme1"] },
        [
          { path: "nvme0", address: "10.0.2.2" },
          { path: "nvme1", address: "" },
        ],
        ["eth0", "eth1"],
      ],
      ["IPv6", {}, [{ path: "nvme0", address: "2001:db8::1" }], ["eth0", "eth1"]],
    ])("%s", (_, session, servers, expected) => {
      expect(linksOf(onSession(session), [...servers, wan])).toEqual(expected);
    });

    test("NFS", () => {
      const snapshot = makeSnapshot([nfs, makeMount(30, 20, "8:16", "/srv", "ext4")], disks);
      expect(linksOf({ ...snapshot, sessions: [data] }, [wan])).toEqual(["eth0"]);
    });

    test("NBD, whose server the kernel does not show: any interface may lead to it", () => {
      const devices = [makeDevice("nbd0", "43:0", [], { nbd: { pid: 812 } }), ...disks];
      const onTwo = [makeMount(20, 1, "43:0", "/", "ext4"), ...mounts.slice(1)];
      const snapshot = { ...makeSnapshot(onTwo, devices), sessions: [data] };
      expect(linksOf(snapshot, [wan])).toEqual(["eth0", "eth1"]);
    });
  });

  test("does not matter to a local root", () => {
    expect(check(network([{ ...eth0, isIfupdowns: true, isWireless: true }]))).toEqual([]);
  });
});

test("a cure names the thing and the program of this machine", () => {
  const cure = (finding: Finding) => describeFinding(finding).cure;
  expect(cure({ kind: "kernel-user", user: "zloop", object: "zloop12", unit: "" })).toContain(
    "echo 'remove id=12' >/dev/zloop-control",
  );
  const unit = "rtslib-fb-targetctl.service";
  expect(cure({ kind: "kernel-user", user: "tcmu", object: "disk", unit })).toBe(
    `have it stopped at shutdown, from the next boot on: systemctl enable ${unit}; if it is enabled: systemctl status ${unit}`,
  );
  const stale = { kind: "stale-initrd", initrd: "/boot/x", file: "/y", updater: "mkinitcpio -P" };
  expect(cure(stale as Finding)).toBe("mkinitcpio -P");
});

test.each(findings["kernel-user"])("a cure of $user stops no server that is in use", (finding) => {
  const { cure } = describeFinding(finding);
  expect(cure).toMatch(/^have it stopped at shutdown, /);
  expect(cure).not.toMatch(/clear/);
});

test("finds users in the kernel, scripts that cut the power, and bound keys", () => {
  expect(
    check({
      kernelUsers: [
        { user: "tcmu", object: "disk" },
        {
          user: "xen-blkback",
          object: "vbd-1-768",
          stopper: { unit: "a.service", isActive: true },
        },
        { user: "pscsi", object: "tape", stopper: { unit: "b.service", isActive: false } },
      ],
      killpower: ["/usr/lib/systemd/system-shutdown/nutshutdown"],
      bindings: [{ device: "sdb1", pcrs: [7, 12] }],
    }),
  ).toEqual([
    { kind: "kernel-user", user: "tcmu", object: "disk", unit: "" },
    { kind: "kernel-user", user: "pscsi", object: "tape", unit: "b.service" },
    { kind: "pcr-binding", device: "sdb1", pcr: 12 },
    { kind: "killpower", path: "/usr/lib/systemd/system-shutdown/nutshutdown" },
  ]);
});

test("finds that a configured record has no place", () => {
  const record = {
    ...{ isWanted: true, hasPlace: false, lacksBmc: false, reasons: ["/boot is on btrfs"] },
  };
  expect(check({ record })).toEqual([{ kind: "record-no-place", reasons: ["/boot is on btrfs"] }]);
  expect(check({ record: { ...record, isWanted: false } })).toEqual([]);
});

test("finds that the BMC has no driver, whether the record has a place or not", () => {
  const record = { isWanted: true, hasPlace: true, lacksBmc: true, reasons: [] };
  expect(check({ record })).toEqual([{ kind: "record-no-bmc" }]);
  expect(check({ record: { ...record, isWanted: false } })).toEqual([{ kind: "record-no-bmc" }]);
  expect(check({ record: { ...record, hasPlace: false } })).toMatchObject([
    { kind: "record-no-place" },
    { kind: "record-no-bmc" },
  ]);
});

test("facts that were not read in time are named, and errors come first", () => {
  const { network: _, ...rest } = good;
  const found = findFindings({ ...rest, killpower: ["/a"] }, planned());
  expect(found).toEqual([
    { kind: "unread", what: "the network" },
    { kind: "killpower", path: "/a" },
  ]);
});

describe("a cure that adds a program to build.conf", () => {
  test.each(["sh", "no-such-tool"])("leaves it valid: %s", (tool) => {
    const { cure } = describeFinding({ kind: "needs-tool", node: "a", tool });
    const work = mkdtempSync(join(tmpdir(), "exitrd-cure-"));
    try {
      const conf = join(work, "build.conf");
      writeFileSync(conf, "[Build]\nTool=/usr/bin/mine\n");
      const written = cure.replaceAll("/etc/exitrd/build.conf", conf);
      const run = `exitrd() { :; }; ${written}`;
      const { status } = spawnSync("sh", ["-c", run]);
      const parsed = parseBuildConf(readFileSync(conf, "utf8"));
      const values = parsed.kind === "conf" ? parsed.entries.map((entry) => entry.file) : parsed;
      const added = tool === "sh" ? [expect.stringMatching(/\/sh$/)] : [];
      expect(values).toEqual(["/usr/bin/mine", ...added]);
      expect(status === 0).toBe(added.length === 1);
    } finally {
      rmSync(work, { recursive: true });
    }
  });
});
