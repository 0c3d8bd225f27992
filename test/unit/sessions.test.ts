import { describe, expect, test } from "vitest";
import type { Snapshot } from "../../src/kinds/kinds.ts";
import {
  decodeIscsiAnswer,
  encodeIscsiRequest,
  ISCSI_UEVENT_SEND_PDU,
  ISCSI_UEVENT_STOP_CONN,
  parseIscsiConnection,
} from "../../src/kinds/session/iscsi.ts";
import { observeSessions } from "../../src/kinds/session/observe.ts";
import { parseSnapshot, stringifySnapshot } from "../../src/teardown/snapshot/snapshot-text.ts";
import { FakeMachine, portsOf } from "../fake/fake-machine.ts";
import { isReleased, perform } from "../fake/perform.ts";
import { sysError } from "../fake/sys-error.ts";
import {
  iscsi,
  makeDevice,
  makeDm,
  makeMount,
  makeSnapshot,
  nvme,
  planFor,
} from "./core-builders.ts";

const transport = "18446744072101896192\n";

describe("the iSCSI initiator's netlink interface", () => {
  test("a stop request has the connection and the flag to destroy it", () => {
    const bytes = encodeIscsiRequest(
      ISCSI_UEVENT_STOP_CONN,
      { session: 3, connection: 0 },
      transport,
    );
    const view = new DataView(bytes.buffer);
    expect(bytes).toHaveLength(72);
    expect([view.getUint32(0, true), view.getUint16(4, true)]).toEqual([72, 18]);
    expect(view.getUint32(16, true)).toBe(18);
    expect(view.getBigUint64(24, true)).toBe(18446744072101896192n);
    expect([view.getUint32(32, true), view.getUint32(36, true)]).toEqual([3, 0]);
    expect(view.getUint32(48, true)).toBe(1);
  });

  test("a logout is an immediate request that closes the session", () => {
    const bytes = encodeIscsiRequest(
      ISCSI_UEVENT_SEND_PDU,
      { session: 1, connection: 0 },
      transport,
    );
    expect(bytes).toHaveLength(120);
    expect(new DataView(bytes.buffer).getUint32(40, true)).toBe(48);
    expect([...bytes.subarray(72, 76)]).toEqual([0x46, 0x80, 0, 0]);
  });

  test("answers are distinguished", () => {
    const answer = new Uint8Array(120);
    const view = new DataView(answer.buffer);
    expect(decodeIscsiAnswer(answer.subarray(0, 40))).toEqual({ kind: "other" });
    view.setUint32(16, 18, true);
    view.setInt32(56, -22, true);
    expect(decodeIscsiAnswer(answer)).toEqual({ kind: "reply", type: 18, result: -22 });
    view.setUint32(16, 101, true);
    answer[72] = 0x26;
    expect(decodeIscsiAnswer(answer)).toEqual({ kind: "logged-out" });
    answer[72] = 0x20;
    expect(decodeIscsiAnswer(answer)).toEqual({ kind: "other" });
  });

  test.each([
    ["connection12:0", { session: 12, connection: 0 }],
    ["session1", undefined],
  ])("'%s' is the connection %o", (name, expected) => {
    expect(parseIscsiConnection(name)).toEqual(expected);
  });
});

const remoteRoot: Snapshot = {
  ...makeSnapshot(
    [
      makeMount(1, 0, "0:30", "/", "tmpfs"),
      makeMount(10, 1, "253:0", "/oldroot", "ext4"),
      makeMount(11, 10, "259:0", "/oldroot/srv", "ext4"),
    ],
    [
      makeDevice("dm-0", "253:0", ["sda1"], { dm: makeDm("vg-root", "linear") }),
      makeDevice("nvme0n1", "259:0"),
      makeDevice("sda", "8:0"),
      makeDevice("sda1", "8:1", [], { partitionOf: "sda" }),
    ],
  ),
  sessions: [nvme, iscsi],
};

describe("sessions", () => {
  test("are closed after everything on their disks and partitions", () => {
    const { plan, steps } = planFor(remoteRoot, "exitrd");
    expect(steps).toEqual([
      "umount '/oldroot/srv'",
      "nvme disconnect 'nvme-subsys0'",
      "umount '/oldroot'",
      "dm remove 'vg-root'",
      "iscsi logout 'session1'",
    ]);
    expect(plan.steps.at(-1)?.also).toEqual(["block:8:0", "block:8:1"]);
  });

  test("survive in a snapshot", () => {
    expect(parseSnapshot(stringifySnapshot(remoteRoot))).toEqual(remoteRoot);
  });

  test("are closed by deleting the disks first, which flushes them, and every path", () => {
    const machine = new FakeMachine({
      mounts: [],
      devices: [{ name: "sda", dev: "8:0", slaves: [], kind: "disk" }],
      sessions: [iscsi, nvme],
    });
    perform({ kind: "session-close", ...iscsi }, portsOf(machine));
    perform({ kind: "session-close", ...nvme }, portsOf(machine));
    expect(machine.steps).toEqual([
      "scsi-delete sda",
      "iscsi-logout connection1:0",
      "nvme-delete nvme0",
      "nvme-delete nvme1",
    ]);
    expect(isReleased({ kind: "session-close", ...iscsi }, machine)).toBe(true);
  });
});

const sysfs: Readonly<Record<string, string | readonly string[]>> = {
  "/sys/class/nvme-subsystem": ["nvme-subsys0", "nvme-subsys1"],
  "/sys/class/nvme-subsystem/nvme-subsys0": ["nvme0", "nvme0n1", "nvme1", "power", "subsysnqn"],
  "/sys/class/nvme-subsystem/nvme-subsys1": ["nvme2", "power"],
  "/sys/class/nvme/nvme0/transport": "tcp\n",
  "/sys/class/nvme/nvme1/transport": "rdma\n",
  "/sys/class/nvme/nvme2/transport": "pcie\n",
  "/sys/class/iscsi_connection": ["connection1:0", "connection2:0"],
  "/sys/class/iscsi_connection/connection1:0":
    "../../devices/platform/host2/session1/connection1:0/iscsi_connection/connection1:0",
  "/sys/class/iscsi_connection/connection2:0":
    "../../devices/pci0000:00/host3/session2/connection2:0/iscsi_connection/connection2:0",
  "/sys/class/scsi_host/host2/proc_name": "iscsi_tcp\n",
  "/sys/class/scsi_host/host3/proc_name": "be2iscsi\n",
  "/sys/block": ["nvme0n1", "nvme2n1", "sda", "sdb"],
  "/sys/block/nvme0n1": "../devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1",
  "/sys/block/nvme2n1": "../devices/pci0000:00/0000:00:05.0/nvme/nvme2/nvme2n1",
  "/sys/block/sda": "../devices/platform/host2/session1/target2:0:0/2:0:0:1/block/sda",
  "/sys/block/sdb": "../devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sdb",
};

test("sysfs distinguishes software sessions over a network from local disks and adapters", () => {
  const machine = new FakeMachine({ mounts: [] });
  const look = (path: string): string | readonly string[] => {
    const found = sysfs[path];
    if (found === undefined) throw sysError("open", "ENOENT");
    return found;
  };
  machine.readDir = (path) => look(path) as readonly string[];
  machine.readText = (path) => look(path) as string;
  machine.readLink = (path) => look(path) as string;
  expect(observeSessions(machine)).toEqual({ sessions: [nvme, iscsi] });
});
