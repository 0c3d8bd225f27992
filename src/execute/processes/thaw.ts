import { parseMountinfo } from "../../kinds/mount/mountinfo.ts";
import { listOrNone, readOrEmpty, tryWrite } from "../../port/best-effort.ts";
import type { ActPorts } from "../ports.ts";

// Each costs a read. With more groups than this, a frozen one among them is the least problem.
const MAX_GROUPS = 10_000;

/**
 * Thaws the control groups that a version 1 freezer has frozen (`docker pause`, `lxc-freeze`): until
 * then not even SIGKILL ends their processes. It does end those that version 2 has frozen (kernel:
 * Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst, cgroup-v2.rst).
 */
export function thawProcesses({ kernel, reader }: Pick<ActPorts, "kernel" | "reader">): void {
  // Most machines do not have version 1, and users can make the table of mounts very long.
  if (!readOrEmpty("/proc/self/cgroup", reader).includes("freezer")) return;
  const mounts = parseMountinfo(readOrEmpty("/proc/self/mountinfo", reader));
  const groups = mounts.flatMap(({ fsType, superOptions, target }) =>
    fsType === "cgroup" && superOptions.includes("freezer") ? target : [],
  );
  // The list grows in the loop: a group comes after its parent, whose state it shares.
  for (const group of groups) {
    for (const name of listOrNone(group, reader)) {
      const path = `${group}/${name}`;
      const state = readOrEmpty(`${path}/freezer.state`, reader);
      if (state === "" || groups.length >= MAX_GROUPS) continue;
      groups.push(path);
      if (state.trim() !== "THAWED") {
        tryWrite(`${path}/freezer.state`, "THAWED", kernel);
      }
    }
  }
}
