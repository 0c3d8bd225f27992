import { parseMountinfo } from "../../kinds/mount/mountinfo.ts";
import { listOrNone, readOrEmpty, tryWrite } from "../../port/best-effort.ts";
import type { ActPorts } from "../ports.ts";

// Each costs one look. A machine with as many has other troubles than a frozen one among them.
const MAX_GROUPS = 10_000;

/**
 * Thaws what a version 1 freezer has frozen (`docker pause`, `lxc-freeze`): its processes do not
 * even die of SIGKILL until then. Those that version 2 has frozen do (kernel:
 * Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst, cgroup-v2.rst).
 */
export function thawProcesses({ kernel, reader }: Pick<ActPorts, "kernel" | "reader">): void {
  const mounts = parseMountinfo(readOrEmpty("/proc/self/mountinfo", reader));
  const groups = mounts.flatMap(({ fsType, superOptions, target }) =>
    fsType === "cgroup" && superOptions.includes("freezer") ? target : [],
  );
  // Grows while it is walked: a group comes after the one it is in, whose state it shares.
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
