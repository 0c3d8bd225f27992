import { expect, test } from "vitest";
import { prepare } from "../../src/execute/step/prepare.ts";
import type { Snapshot } from "../../src/kinds/kinds.ts";
import type { Session } from "../../src/kinds/session/state.ts";
import type { Mount } from "../../src/teardown/snapshot/base.ts";
import { FakeMachine } from "../fake/fake-machine.ts";
import { FakeTasks, Hang } from "../fake/fake-tasks.ts";
import { runTakeDown } from "../fake/run-take-down.ts";
import { lvmOnLuks, mount } from "../fake/stacks.ts";
import { sysError } from "../fake/sys-error.ts";
import { iscsi, nvme } from "./core-builders.ts";

const binfmt = { fsType: "binfmt_misc", target: "/oldroot/proc/sys/fs/binfmt_misc" } as Mount;

function limit(
  sessions: readonly Session[],
  attributes: Readonly<Record<string, string>>,
  mounts: readonly Mount[] = [],
  folders: Readonly<Record<string, readonly string[]>> = {},
  fields: Partial<Snapshot> = {},
) {
  const machine = new FakeMachine({ mounts: [] });
  machine.readText = (path) => {
    const text = attributes[path];
    if (text === undefined) throw sysError("open", "ENOENT");
    return text;
  };
  machine.readDir = (path) => folders[path] ?? [];
  const tasks = new FakeTasks();
  const ports = { reader: machine, kernel: machine, tasks, clock: tasks.clock, onTick() {} };
  prepare({ sessions, mounts, ...fields } as Snapshot, true, 60_000, ports);
  return { calls: machine.calls, tasks };
}

const recovery = "/sys/class/iscsi_session/session1/recovery_tmo";

test("a recovery timeout of minutes is lowered to seconds", () => {
  const { calls } = limit([iscsi, nvme], {
    [recovery]: "120\n",
    "/sys/class/nvme/nvme0/fast_io_fail_tmo": "off\n",
    "/sys/class/nvme/nvme1/fast_io_fail_tmo": "600\n",
  });
  expect(calls).toEqual([
    "iscsi-limit-recovery session1 10",
    "nvme-limit-recovery nvme0 10",
    "nvme-limit-recovery nvme1 10",
  ]);
});

test("a shorter timeout is not changed", () => {
  const { calls } = limit([iscsi, nvme], {
    [recovery]: "5\n",
    "/sys/class/nvme/nvme0/fast_io_fail_tmo": "0\n",
    "/sys/class/nvme/nvme1/fast_io_fail_tmo": "10\n",
  });
  expect(calls).toEqual([]);
});

test("an unlimited or unreadable timeout is lowered too", () => {
  const { calls } = limit([iscsi], { [recovery]: "-1\n" });
  expect(calls).toEqual(["iscsi-limit-recovery session1 10"]);
  expect(limit([iscsi], {}).calls).toEqual(["iscsi-limit-recovery session1 10"]);
});

test("the interpreters of binfmt_misc are released", () => {
  expect(limit([], {}, [binfmt]).calls).toEqual(["flush-binfmt /oldroot/proc/sys/fs/binfmt_misc"]);
});

test("uprobe events are disabled in every buffer and removed", () => {
  const tracefs = { fsType: "tracefs", target: "/tracing" } as Mount;
  const events =
    "p:zoo/probe /usr/bin/sleep:0x0000000000001000 arg1=%ax\nr:uprobes/r_sh_0 /bin/sh:0x10\n";
  const { calls } = limit(
    [],
    { "/tracing/uprobe_events": events },
    [tracefs],
    { "/tracing/instances": ["own"] },
    { uprobes: ["zoo/probe", "uprobes/r_sh_0"] },
  );
  expect(calls).toEqual([
    // The kernel removes those that are not enabled.
    "write /tracing/uprobe_events -:zoo/probe",
    "write /tracing/uprobe_events -:uprobes/r_sh_0",
    "write /tracing/events/zoo/probe/enable 0",
    "write /tracing/instances/own/events/zoo/probe/enable 0",
    "write /tracing/uprobe_events -:zoo/probe",
    "write /tracing/events/uprobes/r_sh_0/enable 0",
    "write /tracing/instances/own/events/uprobes/r_sh_0/enable 0",
    "write /tracing/uprobe_events -:uprobes/r_sh_0",
  ]);
});

/** Forty uprobe events keep the root; one in two is enabled, and disabling it takes a while. */
function makeProbed(eventsInTime: number): FakeMachine {
  const machine = lvmOnLuks();
  machine.mounts.push(mount(60, 3, "0:12", "/sys/kernel/tracing", "tracefs", "tracefs"));
  const events = Array.from({ length: 40 }, (_, index) => `zoo/e${index}`);
  const enabled = new Set(events.filter((_, index) => index % 2 === 0));
  const left = new Set(events);
  const readText = machine.readText.bind(machine);
  let disabled = 0;
  machine.readText = (path) => {
    if (!path.endsWith("/uprobe_events")) return readText(path);
    disabled = 0;
    return [...left].map((event) => `p:${event} /oldroot/bin/sh:0x10\n`).join("");
  };
  machine.beforeCall = (call) => {
    const off = /events\/(zoo\/e[0-9]+)\/enable 0$/.exec(call)?.[1];
    if (off !== undefined) {
      if (disabled === eventsInTime) throw new Hang();
      disabled += 1;
      enabled.delete(off);
    }
    const gone = /uprobe_events -:(zoo\/e[0-9]+)$/.exec(call)?.[1];
    if (gone !== undefined) {
      if (enabled.has(gone)) throw sysError("write", "EBUSY");
      left.delete(gone);
    }
    if (call === "umount /oldroot" && left.size > 0) throw sysError("umount2", "EBUSY");
  };
  return machine;
}

test("uprobe events that are not removed in time are removed in the next rounds", () => {
  const { left, outcomes } = runTakeDown(makeProbed(5));
  expect(left).toEqual([]);
  expect(outcomes[0]?.startMs).toBeLessThan(1_200);
});

test("uprobe events of which none is removed in time delay the first step by a second", () => {
  const { left, outcomes, tasks } = runTakeDown(makeProbed(0));
  expect(left).toContain("/oldroot");
  expect(outcomes[0]?.startMs).toBeLessThan(1_200);
  expect(tasks.clock.now()).toBeLessThan(12_000);
});

test("without uprobe events there is no child for them", () => {
  const tracefs = { fsType: "tracefs", target: "/tracing" } as Mount;
  const { calls, tasks } = limit([], { "/tracing/uprobe_events": "" }, [tracefs]);
  expect(calls).toEqual([]);
  expect(tasks.mostAtOnce).toBe(0);
});

test("without sessions there is no child", () => {
  expect(limit([], {}).tasks.mostAtOnce).toBe(0);
});
