import { describe, expect, test } from "vitest";
import { FakeMachine } from "../fake/fake-machine.ts";
import { Hang } from "../fake/fake-tasks.ts";
import { runTakeDown } from "../fake/run-take-down.ts";
import { API, mount } from "../fake/stacks.ts";
import { iscsi, nvme } from "./core-builders.ts";

// The kernel disconnects these below a file system that is still in use.
const disks = {
  nbd: { name: "nbd0", dev: "43:0", kind: "nbd", sessions: [] },
  iscsi: { name: iscsi.devices[0] ?? "", dev: "8:16", kind: "disk", sessions: [iscsi] },
  nvme: { name: nvme.devices[0] ?? "", dev: "259:1", kind: "disk", sessions: [nvme] },
} as const;
const ublk = { name: "ublkb3", dev: "259:9", kind: "ublk", sessions: [] } as const;
const server = { pid: 812, command: "ublk", dev: "0:1", ublk: 3 };

function makeMachine({ name, dev, kind, sessions }: (typeof disks)["nbd" | "iscsi" | "nvme"]) {
  return new FakeMachine({
    mounts: [...API, mount(10, 1, dev, "/oldroot", "ext4", `/dev/${name}`)],
    devices: [{ name, dev, slaves: [], kind }],
    sessions,
  });
}

describe.each(Object.entries(disks))("%s", (_, disk) => {
  test.each([
    ["the data is still being written", "syncfs /oldroot"],
    ["the mount is gone, but the data is still being written", "umount /oldroot"],
  ])("is not disconnected while %s", (_words, hung) => {
    const machine = makeMachine(disk);
    machine.beforeCall = (call) => {
      if (call !== hung || machine.hidden.size > 0) return;
      machine.hidden.add(disk.name);
      if (hung.startsWith("umount")) {
        machine.mounts = machine.mounts.filter(({ target }) => target !== "/oldroot");
      }
      throw new Hang();
    };
    const { left } = runTakeDown(machine);
    expect(machine.cutOffs).toEqual([]);
    expect(machine.devices).toHaveLength(1);
    expect(left).not.toEqual([]);
  });

  test("is disconnected once nothing uses it", () => {
    const machine = makeMachine(disk);
    expect(runTakeDown(machine).left).toEqual([]);
    expect(machine.devices).toEqual([]);
    expect(machine.cutOffs).toEqual([]);
  });
});

test("the server of a ublk device is not ended while another mount namespace uses that", () => {
  const machine = new FakeMachine({
    mounts: [...API],
    devices: [{ name: ublk.name, dev: ublk.dev, slaves: [], kind: ublk.kind }],
    servers: [server],
  });
  machine.hidden.add(ublk.name);
  const { outcomes } = runTakeDown(machine);
  expect(outcomes[0]).toMatchObject({ step: { kind: "process-end" }, failure: { kind: "busy" } });
  expect(outcomes.map(({ kind }) => kind)).not.toContain("released");
});
