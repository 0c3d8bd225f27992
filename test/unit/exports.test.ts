import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { listExports } from "../../src/kinds/export/observe.ts";
import { parseExport } from "../../src/kinds/export/protocol.ts";
import type { Export, ExportProtocol } from "../../src/kinds/export/state.ts";
import { parseSnapshot, stringifySnapshot } from "../../src/teardown/snapshot/snapshot-text.ts";
import { FakeMachine } from "../fake/fake-machine.ts";
import { Hang } from "../fake/fake-tasks.ts";
import { kindStacks } from "../fake/kind-stacks.ts";
import { observeFake } from "../fake/observe-fake.ts";
import { runTakeDown } from "../fake/run-take-down.ts";
import { API, disk, mount } from "../fake/stacks.ts";
import { sysError } from "../fake/sys-error.ts";
import { iscsi, makeDevice, makeMount, makeSnapshot, planFor } from "./core-builders.ts";

function parse(protocol: ExportProtocol, files: Readonly<Record<string, string>>) {
  return parseExport(protocol, (file) => files[file] ?? "");
}

/** Recorded on Linux 6.1. */
function readRecorded(name: string): string {
  return readFileSync(join(import.meta.dirname, "../fixtures/export", name), "latin1");
}

describe("the exports in configfs", () => {
  test("a block backstore is identified by the number of its device", () => {
    const info = readRecorded("lio-iblock-info.txt");
    expect(parse("lio", { info })).toEqual({ paths: [], dev: "253:1" });
  });

  test("a file backstore is identified by its path, which may contain blanks", () => {
    const info = readRecorded("lio-fileio-info.txt");
    const path = "/zoo/file-that-LIO-serves-to-this-machine/image";
    expect(parse("lio", { info })).toEqual({ paths: [path] });
    const blanks = info.replace(path, "/srv/my  disk");
    expect(parse("lio", { info: blanks })).toEqual({ paths: ["/srv/my  disk"] });
  });

  test("a backstore in memory, or of a process, holds nothing", () => {
    const info = `Status: ACTIVATED  Max Queue Depth: 128  SectorSize: 512  HwMaxSectors: 4294967288
        TCM RamDisk ID: 0  RamDisk Makeup: rd_mcp  PAGES/PAGE_SIZE: 8192*4096  SG_table_count: 1  nullio: 0`;
    expect(parse("lio", { info })).toBeUndefined();
    expect(parse("lio", {})).toBeUndefined();
  });

  test("a namespace counts only while it is enabled", () => {
    const path = { device_path: "/dev/vg/lv" };
    expect(parse("nvmet", { ...path, enable: "1" })).toEqual({ paths: ["/dev/vg/lv"] });
    expect(parse("nvmet", { ...path, enable: "0" })).toBeUndefined();
  });

  test("a USB gadget counts only with a medium in it", () => {
    expect(parse("usb-gadget", { file: "/srv/stick.img" })).toEqual({ paths: ["/srv/stick.img"] });
    expect(parse("usb-gadget", { file: "" })).toBeUndefined();
  });

  test("the NFS server exports each directory once, whatever its name contains", () => {
    const exports = `# Version 1.1
# Path Client(Flags) # IPs
/oldroot/srv\t10.9.0.0/24(rw,no_root_squash,sync)
/oldroot/srv\t10.8.0.0/24(ro)
# /oldroot/refused\t10.7.0.1
/oldroot/with\\040blank\t*(rw)`;
    expect(parse("nfsd", { exports })).toEqual({
      paths: ["/oldroot/srv", "/oldroot/with blank"],
    });
    expect(parse("nfsd", { exports: "# Version 1.1\n# Path Client(Flags) # IPs" })).toBeUndefined();
  });

  test("the NFS server's exports are parsed as a real kernel formats them", () => {
    const exports = readRecorded("nfsd-exports.txt");
    expect(parse("nfsd", { exports })).toEqual({
      paths: ["/zoo/directory-that-the-kernel-serves-over-NFS"],
    });
  });

  test("ksmbd exports something unknown while it is running", () => {
    expect(parse("ksmbd", { stats: "2 running 4294 10" })).toEqual({ paths: [] });
    expect(parse("ksmbd", { stats: "2 startup 4294 0" })).toBeUndefined();
  });
});

const target = "/sys/kernel/config/target";
const image = `${target}/core/fileio_1/image`;
const group = `${target}/loopback/naa.6001405a/tpgt_1`;
const looped = {
  [`${target}/core/fileio_1/hba_info`]: "",
  [`${image}/info`]: "TCM FILEIO ID: 0        File: /oldroot/image  Size: 1048576  Mode: O_DSYNC",
  [`${target}/core/alua/lu_gps/default_lu_gp/members`]: "",
  [`${group}/address`]: "2:0:1",
  [`${group}/lun/lun_3/image`]: "-> ../../../../../../target/core/fileio_1/image",
  [`${group}/lun/lun_3/alua_tg_pt_gp`]: "",
};

test("a backstore that tcm_loop presents as a disk is marked", () => {
  const machine = new FakeMachine({ mounts: API, texts: looped });
  expect(listExports("lio", machine)).toEqual([
    { protocol: "lio", name: image, paths: ["/oldroot/image"], looped: true },
  ]);
});

test("the ports of a backstore are disabled and unlinked before it is removed", () => {
  const { machine: make } = kindStacks.unexport.LIO ?? {};
  const machine = make?.() ?? new FakeMachine({ mounts: [] });
  const store = `${target}/core/iblock_0/disk`;
  machine.texts = new Map([...machine.texts, [`${store}/alua/mine/members`, ""]]);
  runTakeDown(machine);
  const group = `${target}/iscsi/iqn.2003-01.org/tpgt_1`;
  expect(machine.calls.filter((call) => call.includes(target))).toEqual([
    `write ${group}/enable 0`,
    `unlink ${group}/lun/lun_0/4e0a`,
    `rmdir ${store}/alua/mine`,
    `rmdir ${store}`,
  ]);
});

function planAll(
  exported: Partial<Export>,
  mounts: Parameters<typeof makeSnapshot>[0],
  rest: Partial<ReturnType<typeof makeSnapshot>> = {},
): ReturnType<typeof planFor> {
  const one = { protocol: "lio", name: "/it", paths: [], ...exported } as const;
  const devices = [makeDevice("sda", "8:0"), makeDevice("vda", "254:0")];
  const root = makeMount(10, 1, "254:0", "/oldroot", "ext4");
  const snapshot = makeSnapshot([makeMount(1, 1, "0:30", "/", "tmpfs"), root, ...mounts], devices);
  return planFor({ ...snapshot, exports: [one], ...rest }, "exitrd");
}

function planWith(...given: Parameters<typeof planAll>): readonly string[] {
  return planAll(...given).steps;
}

test("an exported disk that this machine uses is unmounted before its backstore is removed, and that before its file", () => {
  const onDisk = makeMount(11, 10, "8:0", "/oldroot/a", "ext4");
  const steps = planWith({ paths: ["/oldroot/image"], looped: true }, [onDisk]);
  expect(steps).toEqual(["umount '/oldroot/a'", "unexport '/it'", "umount '/oldroot'"]);
});

describe("a mount whose server may be this machine", () => {
  const nfsd = { protocol: "nfsd", name: "/nfsd", paths: ["/oldroot/srv"] } as const;
  const ksmbd = { protocol: "ksmbd", name: "/ksmbd" } as const;
  type Row = [string, Partial<Export>, string, ...string[]];
  const before = ["umount '/oldroot/own'", "unexport"];
  const planWithOwn = (exported: Partial<Export>, fsType: string, ...options: string[]) => {
    const own = makeMount(20, 10, "0:20", "/oldroot/own", fsType, { superOptions: options });
    return planWith(exported, [own]).map((step) => step.replace(/ '\/(?:nfsd|ksmbd)'$/, ""));
  };

  test.each<Row>([
    ["NFS 4", nfsd, "nfs4", "vers=4.2", "clientaddr=10.9.0.1", "addr=10.9.0.1"],
    ["NFS 3, with an address of the network", nfsd, "nfs", "vers=3", "addr=10.9.0.1"],
    ["NFS 3, over IPv6", nfsd, "nfs", "vers=3", "mountaddr=::1", "addr=::1"],
    ["SMB, with an address of the network", ksmbd, "cifs", "vers=3.1.1", "addr=10.9.0.1"],
    ["SMB 3", ksmbd, "smb3", "vers=3.1.1", "addr=fd00::1"],
  ])("is released before that server: %s", (_, exported, fsType, ...options) => {
    const steps = planWithOwn(exported, fsType, ...options);
    expect(steps).toEqual([...before, "umount '/oldroot'"]);
  });

  test.each<Row>([
    ["NFS 4 shows that it is another one", nfsd, "nfs4", "clientaddr=10.9.0.1", "addr=10.9.0.2"],
    ["NFS is not served by ksmbd", ksmbd, "nfs", "vers=3", "addr=10.9.0.2"],
    ["SMB is not served by nfsd", nfsd, "cifs", "vers=3.1.1", "addr=10.9.0.2"],
  ])("is not, if %s", (_, exported, fsType, ...options) => {
    const own = makeMount(20, 10, "0:20", "/oldroot/own", fsType, { superOptions: options });
    const { steps } = planAll(exported, [own]).plan;
    const unexport = steps.findIndex(({ step }) => step.kind === "unexport");
    const umount = steps.findIndex(({ node }) => node === "mount:20");
    expect(steps[unexport]?.after).not.toContain(umount);
  });

  test("is released after it if it is exported itself", () => {
    const steps = planWithOwn({ ...nfsd, paths: ["/oldroot/own/x"] }, "nfs", "addr=10.9.0.2");
    expect(steps).toEqual([...before.toReversed(), "umount '/oldroot'"]);
  });
});

test("a foreign server that does not answer delays the unexport, but does not prevent it", () => {
  const machine = kindStacks.unexport["NFS server"]?.machine() ?? new FakeMachine({ mounts: [] });
  machine.mounts.push(mount(90, 10, "0:90", "/oldroot/nas", "nfs", "nas:/"));
  machine.beforeCall = (call) => {
    if (call === "syncfs /oldroot/nas") throw new Hang();
  };
  const { outcomes } = runTakeDown(machine);
  expect(machine.steps.slice(0, 3)).toEqual([
    "umount-force /oldroot/nas",
    "write /proc/fs/nfsd/threads 0",
    "umount /oldroot",
  ]);
  expect(Math.max(...outcomes.map(({ startMs }) => startMs))).toBeLessThan(25_000);
});

test("a foreign server's mount that stays busy keeps no export, and no local storage", () => {
  const machine = kindStacks.unexport["NFS server"]?.machine() ?? new FakeMachine({ mounts: [] });
  machine.mounts.push(mount(90, 10, "0:90", "/oldroot/nas", "nfs", "nas:/"));
  machine.devices.push({ name: "sdb", dev: "8:16", slaves: [], kind: "disk" });
  machine.mounts.push(mount(80, 10, "8:16", "/oldroot/srv", "xfs", "/dev/sdb"));
  machine.beforeCall = (call) => {
    if (/^umount.* \/oldroot\/nas/.test(call)) throw sysError("umount2", "EBUSY");
  };
  const { left } = runTakeDown(machine);
  expect(machine.steps).toContain("write /proc/fs/nfsd/threads 0");
  expect(machine.steps).toContain("umount /oldroot/srv");
  expect(left).not.toContain("/oldroot/srv");
});

test("sessions are closed before the exports that they may use, unless these lie on their disks", () => {
  const sessions = [iscsi];
  const steps = planWith({ dev: "254:0" }, [], { sessions });
  expect(steps.indexOf("iscsi logout 'session1'")).toBeLessThan(steps.indexOf("unexport '/it'"));
  const onDisk = planWith({ dev: "8:0" }, [], { sessions });
  expect(onDisk.indexOf("unexport '/it'")).toBeLessThan(onDisk.indexOf("iscsi logout 'session1'"));
});

test("a protocol that does not answer does not affect the others", () => {
  const machine = new FakeMachine({
    mounts: API,
    devices: [disk],
    texts: {
      ...looped,
      "/sys/class/ksmbd-control/stats": "2 running 4294 10",
      "/sys/kernel/config/nvmet/subsystems/zoo/namespaces/1/enable": "1",
    },
  });
  const readDir = machine.readDir.bind(machine);
  machine.readDir = (path) => {
    if (path === "/sys/kernel/config/nvmet/subsystems") throw new Hang();
    return readDir(path);
  };
  const snapshot = observeFake(machine, machine);
  expect(snapshot.exports?.map(({ protocol }) => protocol)).toEqual(["lio", "ksmbd"]);
  expect(parseSnapshot(stringifySnapshot(snapshot))).toEqual(snapshot);
});
