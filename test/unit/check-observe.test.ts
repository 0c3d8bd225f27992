import { describe, expect, test } from "vitest";
import type { Stopper } from "../../src/check/facts.ts";
import { readBindings } from "../../src/check/observe/read-bindings.ts";
import { readInitFacts } from "../../src/check/observe/read-init-facts.ts";
import { readKernelUsers } from "../../src/check/observe/read-kernel-users.ts";
import { readNetworkFacts } from "../../src/check/observe/read-network-facts.ts";
import { readServers } from "../../src/check/observe/read-servers.ts";
import { readWatchdogs } from "../../src/check/observe/read-watchdogs.ts";
import { parseLuksTokens } from "../../src/check/parse-luks-tokens.ts";
import { shellWord } from "../../src/check/shell-word.ts";
import { findPowerCutters } from "../../src/load/find-power-cutters.ts";
import type { Reader } from "../../src/port/teardown.ts";
import { toBytes } from "../../src/text/bytes.ts";
import { failCall } from "../fake/fail-call.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { lvmOnLuks, makeDevice, makeMount, makeSnapshot, planFor } from "./core-builders.ts";

/** Paths and their texts; a text that begins with "-> " makes a link. */
function makeReader(texts: Readonly<Record<string, string>>): Reader {
  const paths = Object.keys(texts);
  const find = (path: string): string => texts[path] ?? failCall("open", "ENOENT", path);
  return {
    ...new FakeHost().reader,
    readText: find,
    readLink: (path) => find(path).replace(/^-> /, ""),
    readDir: (path) => {
      const names = paths.flatMap((one) =>
        one.startsWith(`${path}/`) ? (one.slice(path.length + 1).split("/")[0] ?? []) : [],
      );
      return names.length === 0 ? failCall("open", "ENOENT", path) : [...new Set(names)].sort();
    },
    stat: (path) => {
      const isThere = paths.some((one) => one === path || one.startsWith(`${path}/`));
      if (!isThere) failCall("stat", "ENOENT", path);
      return { dev: "0:1", rdev: "0:0", mountId: 1, uid: 0, isBlock: false, isProgram: false };
    },
  };
}

describe("the init system", () => {
  test("has its library elsewhere in NixOS", () => {
    const library = "/run/current-system/systemd/lib/systemd/libsystemd-shared-257.9.so";
    expect(readInitFacts(makeReader({ [library]: "" })).systemd).toBe("257.9");
  });

  test("is described by the name of a library and by drop-ins", () => {
    const reader = makeReader({
      "/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-254-1.so": "",
      "/usr/lib/systemd/system.conf": "DefaultTimeoutStopSec=1s\n",
      "/etc/systemd/system.conf": "[Manager]\n#DefaultTimeoutStopSec=2s\n",
      "/usr/lib/systemd/system.conf.d/10-a.conf": "[Manager]\nDefaultTimeoutStopSec=45s\n",
      "/run/systemd/system.conf.d/20-b.conf": "[Manager]\nDefaultTimeoutStopSec=5s\n",
      "/etc/systemd/system.conf.d/20-b.conf":
        "[Manager]\nDefaultTimeoutStopSec=9s\nDefaultTimeoutStopSec = 7s \n",
      "/etc/systemd/system/sysinit.target.wants/finalrd.service": "",
    });
    expect(readInitFacts(reader)).toEqual({
      systemd: "254-1",
      stopTimeout: { ms: 7_000, file: "/etc/systemd/system.conf.d/20-b.conf" },
      hasFinalrd: true,
    });
    expect(readInitFacts(makeReader({}))).toEqual({ systemd: "", hasFinalrd: false });
  });

  test("has no limit if that is infinity, also after the JSON of a child", () => {
    const reader = makeReader({
      "/etc/systemd/system.conf": "[Manager]\nDefaultTimeoutStopSec=infinity\n",
    });
    const facts = JSON.parse(JSON.stringify(readInitFacts(reader)));
    expect(facts.stopTimeout).toEqual({ ms: 0, file: "/etc/systemd/system.conf" });
  });

  test("does not compete with a finalrd that is masked", () => {
    const wanted = { "/etc/systemd/system/sysinit.target.wants/finalrd.service": "" };
    expect(readInitFacts(makeReader(wanted)).hasFinalrd).toBe(true);
    const masked = makeReader({
      ...wanted,
      "/etc/systemd/system/finalrd.service": "-> /dev/null",
    });
    expect(readInitFacts(masked).hasFinalrd).toBe(false);
  });
});

test("a watchdog belongs to init if init has it open", () => {
  const sys = "/sys/class/watchdog/watchdog0";
  const texts = {
    [`${sys}/state`]: "active\n",
    [`${sys}/nowayout`]: "1\n",
    [`${sys}/timeout`]: "60\n",
    "/proc/1/fd/0": "-> /dev/null",
  };
  const facts = { name: "watchdog0", isActive: true, isNoWayOut: true, timeoutS: 60 };
  expect(readWatchdogs(makeReader(texts))).toEqual([{ ...facts, isInits: false }]);
  const held = { ...texts, "/proc/1/fd/9": "-> /dev/watchdog0" };
  expect(readWatchdogs(makeReader(held))).toEqual([{ ...facts, isInits: true }]);
  expect(readWatchdogs(makeReader({}))).toEqual([]);
});

test("users in the kernel are found in sysfs and configfs", () => {
  const config = "/sys/kernel/config";
  const reader = makeReader({
    "/sys/class/rnbd-server/ctl/devices/loop0/mapping_path": "/img",
    "/sys/bus/xen-backend/devices/vbd-1-768/physical_device": "8:1",
    "/sys/bus/xen-backend/devices/vif-1-0/handle": "0",
    [`${config}/cluster/one/heartbeat/A/dev`]: "sdb\n",
    [`${config}/cluster/one/heartbeat/B/dev`]: "",
    [`${config}/nvmet/subsystems/a/passthru/enable`]: "1\n",
    [`${config}/nvmet/subsystems/a/passthru/device_path`]: "/dev/nvme0\n",
    [`${config}/nvmet/subsystems/b/passthru/enable`]: "0\n",
    [`${config}/target/core/user_0/hba_info`]: "",
    [`${config}/target/core/user_0/disk/enable`]: "1",
    [`${config}/target/core/pscsi_1/tape/enable`]: "1",
    [`${config}/target/core/iblock_2/fine/enable`]: "1",
    "/sys/class/mtd/mtd0/name": "block2mtd: /dev/sdc\n",
    "/sys/class/mtd/mtd1/name": "spi-nor\n",
    "/sys/module/nandsim/parameters/cache_file": "(null)\n",
    "/sys/class/block/zloop0/dev": "259:0",
  });
  expect(readKernelUsers(reader)).toEqual([
    { user: "rnbd-server", object: "loop0" },
    { user: "xen-blkback", object: "vbd-1-768" },
    { user: "OCFS2 heartbeat", object: "sdb" },
    { user: "nvmet passthrough", object: "/dev/nvme0" },
    { user: "pscsi", object: "tape" },
    { user: "tcmu", object: "disk" },
    { user: "block2mtd", object: "/dev/sdc" },
    { user: "zloop", object: "zloop0" },
  ]);
  expect(readKernelUsers(makeReader({}))).toEqual([]);
});

describe("a user in the kernel is stopped by a service", () => {
  const disk = { "/sys/kernel/config/target/core/user_0/disk/enable": "1" };
  const systemd = { "/run/systemd/system/x": "" };
  const unit = "/usr/lib/systemd/system/rtslib-fb-targetctl.service";
  const invocation = "/run/systemd/units/invocation:rtslib-fb-targetctl.service";
  const stopper = (files: Readonly<Record<string, string>>) =>
    readKernelUsers(makeReader({ ...disk, ...files })).map((one) => one.stopper);
  const debian = "rtslib-fb-targetctl.service";

  test.each<[string, Readonly<Record<string, string>>, Stopper | undefined]>([
    ["that is not installed", systemd, undefined],
    ["that does not run", { ...systemd, [unit]: "" }, { unit: debian, isActive: false }],
    [
      "that runs",
      { ...systemd, [unit]: "", [invocation]: "-> 0123" },
      { unit: debian, isActive: true },
    ],
    [
      "that runs, but is masked",
      { ...systemd, [invocation]: "-> 0123", [`/etc/systemd/system/${debian}`]: "-> /dev/null" },
      { unit: debian, isActive: false },
    ],
    [
      "of another distribution",
      { ...systemd, [unit]: "", "/run/systemd/units/invocation:target.service": "-> 0123" },
      { unit: "target.service", isActive: true },
    ],
    [
      "of sysvinit",
      { "/etc/rc6.d/K01rtslib-fb-targetctl": "-> ../init.d/rtslib-fb-targetctl" },
      { unit: debian, isActive: true },
    ],
    [
      "of sysvinit, which systemd does not run",
      { ...systemd, "/etc/rc6.d/K01rtslib-fb-targetctl": "-> ../init.d/rtslib-fb-targetctl" },
      undefined,
    ],
    [
      "of OpenRC",
      { "/run/openrc/started/target": "-> /etc/init.d/target" },
      { unit: "target.service", isActive: true },
    ],
  ])("%s", (_, files, expected) => {
    expect(stopper(files)).toEqual([expected]);
  });

  test("for each kind", () => {
    const config = "/sys/kernel/config";
    const runs = (name: string) => ({ [`/run/systemd/units/invocation:${name}.service`]: "-> 0" });
    const reader = makeReader({
      "/sys/bus/xen-backend/devices/vbd-1-768/physical_device": "8:1",
      [`${config}/cluster/one/heartbeat/A/dev`]: "sdb\n",
      [`${config}/nvmet/subsystems/a/passthru/enable`]: "1\n",
      [`${config}/nvmet/subsystems/a/passthru/device_path`]: "/dev/nvme0\n",
      [`${config}/target/core/pscsi_1/tape/enable`]: "1",
      ...{ ...runs("xendomains"), ...runs("o2cb"), ...runs("nvmet"), ...runs("targetcli") },
    });
    const users = readKernelUsers(reader);
    expect(users.map((one) => one.stopper?.isActive)).toEqual([true, true, true, true]);
  });
});

describe("the server of an NBD device", () => {
  const snapshot = makeSnapshot([], [makeDevice("nbd0", "43:0", [], { nbd: { pid: 812 } })]);
  const stat = (command: string) => `812 (${command}) S 1 ${"0 ".repeat(40)}`;
  const uid = { "/proc/812/status": "Uid:\t0\t0\t0\t0\n" };

  test("is marked by its name", () => {
    const texts = { ...uid, "/proc/812/stat": stat("nbd-client") };
    const server = { device: "nbd0", pid: 812, command: "nbd-client" };
    const plain = makeReader({ ...texts, "/proc/812/cmdline": "nbd-client\0host\0" });
    expect(readServers(snapshot, plain)).toEqual([{ ...server, isMarked: false }]);
    const marked = makeReader({ ...texts, "/proc/812/cmdline": "@nbd-client\0host\0" });
    expect(readServers(snapshot, marked)).toEqual([{ ...server, isMarked: true }]);
  });

  test("is unknown if its pid belongs to another process, or to none", () => {
    expect(readServers(snapshot, makeReader({ ...uid, "/proc/812/stat": stat("bash") }))).toEqual(
      [],
    );
    expect(readServers(snapshot, makeReader({}))).toEqual([]);
  });
});

describe("the network", () => {
  const base = {
    "/sys/class/net/lo/operstate": "unknown\n",
    "/sys/class/net/eth0/operstate": "up\n",
    "/sys/class/net/eth0/ifindex": "2\n",
    "/sys/class/net/eth9/operstate": "down\n",
    "/proc/net/route":
      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n" +
      "eth0\t00000000\t0202000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n" +
      "eth0\t0002000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n",
  };

  test("has links, routes and servers", () => {
    const reader = makeReader({
      ...base,
      "/sys/class/iscsi_connection/connection1:0/persistent_address": "10.0.2.2\n",
      "/sys/class/nvme/nvme0/address": "traddr=10.0.2.3,trsvcid=4420\n",
      "/sys/class/nvme/nvme0/transport": "tcp\n",
      "/sys/class/nvme/nvme1/address": "0000:00:03.0\n",
      "/sys/class/nvme/nvme1/transport": "pcie\n",
      "/sys/class/nvme/nvme2/address": "traddr=nn-0x20:pn-0x10,host_traddr=nn-0x40:pn-0x30\n",
      "/sys/class/nvme/nvme2/transport": "fc\n",
      "/sys/class/nvme/nvme3/transport": "loop\n",
      "/sys/class/nvme/nvme4/transport": "rdma\n",
    });
    expect(readNetworkFacts(reader)).toEqual({
      links: [{ name: "eth0", isWireless: false, isIfupdowns: false }],
      routes: [
        { link: "eth0", destination: 0, mask: 0 },
        { link: "eth0", destination: 0x0a000200, mask: 0xffffff00 },
      ],
      servers: [
        { path: "connection1:0", address: "10.0.2.2" },
        { path: "nvme0", address: "10.0.2.3" },
        { path: "nvme4", address: "" },
      ],
    });
  });

  test("is configured by networkd, with drop-ins", () => {
    const file = "/usr/lib/systemd/network/80-dhcp.network";
    const texts = {
      ...base,
      "/run/systemd/netif/links/2": `ADMIN_STATE=configured\nNETWORK_FILE=${file}\n`,
      [file]: "[Match]\nName=*\n[Network]\nDHCP=ipv4\n",
    };
    expect(readNetworkFacts(makeReader(texts)).links[0]?.networkd).toEqual({
      ...{ file, usesDhcp: true, keep: "" },
    });
    const dropIn = "/etc/systemd/network/80-dhcp.network.d/a.conf";
    const kept = makeReader({ ...texts, [dropIn]: "[Network]\nKeepConfiguration=Yes\n" });
    expect(readNetworkFacts(kept).links[0]?.networkd?.keep).toBe("yes");
    const unmanaged = { ...texts, "/run/systemd/netif/links/2": "ADMIN_STATE=unmanaged\n" };
    expect(readNetworkFacts(makeReader(unmanaged)).links[0]?.networkd).toBeUndefined();
  });

  test("is taken down by ifupdown, unless interfaces(5) says otherwise", () => {
    const texts = {
      ...base,
      "/etc/systemd/system/multi-user.target.wants/networking.service": "",
      "/run/network/ifstate": "lo=lo\neth0=eth0\n",
      "/etc/network/interfaces": "auto eth0\niface eth0 inet dhcp\n",
    };
    const isTaken = (more: Readonly<Record<string, string>> = {}) =>
      readNetworkFacts(makeReader({ ...texts, ...more })).links[0]?.isIfupdowns;
    expect(isTaken()).toBe(true);
    expect(isTaken({ "/etc/network/interfaces.d/a": "no-auto-down lo eth0\n" })).toBe(false);
    expect(isTaken({ "/etc/network/interfaces": "iface eth0 inet manual\n" })).toBe(false);
    expect(isTaken({ "/run/network/ifstate": "lo=lo\n" })).toBe(false);
    expect(readNetworkFacts(makeReader(base)).links[0]?.isIfupdowns).toBe(false);
  });
});

test("only executable scripts that make a UPS cut the power are listed", () => {
  const host = new FakeHost();
  const folder = "/usr/lib/systemd/system-shutdown";
  host.putFile(`${folder}/nutshutdown`, "#!/bin/sh\nupsmon -K && upsdrvctl shutdown\n", 0o755);
  host.putFile(`${folder}/off`, "#!/bin/sh\nupsdrvctl shutdown\n", 0o644);
  host.putFile(`${folder}/mdadm.shutdown`, "#!/bin/sh\nmdadm --wait-clean --scan\n", 0o755);
  expect(findPowerCutters(host.files)).toEqual([`${folder}/nutshutdown`]);
  // A merged /usr.
  host.putLink("/lib", "/usr/lib");
  expect(findPowerCutters(host.files)).toEqual([`${folder}/nutshutdown`]);
  expect(findPowerCutters(new FakeHost().files)).toEqual([]);
});

/**
 * The parts of a LUKS2 header that matter here, as cryptsetup and systemd-cryptenroll write them.
 */
function makeHeader(json: object | string, version = 2): Uint8Array {
  const header = new Uint8Array(16_384);
  header.set(toBytes("LUKS\xba\xbe"));
  const view = new DataView(header.buffer);
  view.setUint16(6, version);
  view.setBigUint64(8, BigInt(header.length));
  header.set(toBytes(typeof json === "string" ? json : JSON.stringify(json)), 4096);
  return header;
}

const token = { type: "systemd-tpm2", keyslots: ["1"], "tpm2-pcrs": [12, 7] };

describe("a LUKS2 header", () => {
  test("contains the PCRs that its tokens are bound to", () => {
    const recovery = { type: "systemd-recovery", keyslots: ["2"] };
    const all = { "0": token, "1": recovery, "2": { ...token, "tpm2-pcrs": [7] } };
    expect(parseLuksTokens(makeHeader({ tokens: all }))).toEqual([7, 12]);
  });

  test.each([
    makeHeader({ tokens: {} }),
    makeHeader({}),
    makeHeader("rubbish"),
    makeHeader("null"),
    makeHeader({ tokens: { "0": { ...token, "tpm2-pcrs": "7" } } }),
    makeHeader({ tokens: { "0": token } }, 1),
    makeHeader({ tokens: { "0": null } }),
    new Uint8Array(16_384),
    new Uint8Array(10),
  ])("without such tokens has no PCRs (%#)", (header) => {
    expect(parseLuksTokens(header)).toEqual([]);
  });

  test("is read only for volumes that are not below the root", () => {
    const crypt = (dev: string, lower: string) =>
      makeDevice(`dm-${dev.slice(4)}`, dev, [lower], {
        dm: {
          ...lvmOnLuks[2]?.dm,
          uuid: `CRYPT-LUKS2-abc-${lower}`,
          name: lower,
          targets: [],
        } as never,
      });
    const devices = [
      ...[makeDevice("sda", "8:0"), makeDevice("sdb", "8:16")],
      ...[crypt("253:8", "sda"), crypt("253:9", "sdb")],
    ];
    const snapshot = makeSnapshot([makeMount(20, 1, "253:8", "/", "ext4")], devices);
    const { graph } = planFor(snapshot, "running");
    const header = makeHeader({ tokens: { "0": token } });
    expect(readBindings(snapshot, graph, () => header)).toEqual([{ device: "sdb", pcrs: [7, 12] }]);
    const dead = () => failCall("read", "EIO", "/dev/sdb");
    expect(readBindings(snapshot, graph, dead)).toEqual([]);
  });
});

test("a word is quoted for the shell if necessary", () => {
  expect(shellWord("/usr/bin/a-b.c")).toBe("/usr/bin/a-b.c");
  expect(shellWord("/a b'c")).toBe("'/a b'\\''c'");
});
