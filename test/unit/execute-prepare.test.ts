import { expect, test } from "vitest";
import { prepare } from "../../src/execute/step/prepare.ts";
import type { Snapshot } from "../../src/kinds/kinds.ts";
import type { Session } from "../../src/kinds/session/state.ts";
import type { Mount } from "../../src/teardown/snapshot/base.ts";
import { FakeMachine } from "../fake/fake-machine.ts";
import { FakeTasks } from "../fake/fake-tasks.ts";
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
  prepare({ sessions, mounts, ...fields } as Snapshot, 60_000, ports);
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
    "write /tracing/events/zoo/probe/enable 0",
    "write /tracing/instances/own/events/zoo/probe/enable 0",
    "write /tracing/uprobe_events -:zoo/probe",
    "write /tracing/events/uprobes/r_sh_0/enable 0",
    "write /tracing/instances/own/events/uprobes/r_sh_0/enable 0",
    "write /tracing/uprobe_events -:uprobes/r_sh_0",
  ]);
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
