import type { ActPorts } from "../../execute/ports.ts";
import type { Preparation } from "../../execute/releaser.ts";
import { attempt } from "../../port/sys-error.ts";
import type { BaseSnapshot, Mount } from "../../teardown/snapshot/base.ts";
import { parseUprobeEvents } from "./protocol.ts";

/**
 * Removes the uprobe events that tracing tools left behind: each keeps the path of its program
 * busy, without a process (kernel: kernel/trace/trace_uprobe.c).
 */
export const uprobePreparation: Preparation<BaseSnapshot> = {
  isNeeded: ({ mounts }) => mounts.some(isTracefs),
  prepare({ mounts }, ports) {
    // Every mount of it shows the same; another is tried where one is covered.
    for (const { target } of mounts.filter(isTracefs)) removeUprobes(target, ports);
  },
};

function removeUprobes(tracing: string, { kernel, reader }: ActPorts): void {
  const text = attempt(() => reader.readText(`${tracing}/uprobe_events`)) ?? "";
  const names = parseUprobeEvents(text);
  if (names.length === 0) return;
  const instances = attempt(() => reader.readDir(`${tracing}/instances`)) ?? [];
  const buffers = [tracing, ...instances.map((name) => `${tracing}/instances/${name}`)];
  for (const name of names) {
    // One that is enabled is in use, and cannot be removed.
    for (const buffer of buffers) {
      attempt(() => kernel.write(`${buffer}/events/${name}/enable`, "0"));
    }
    attempt(() => kernel.write(`${tracing}/uprobe_events`, `-:${name}\n`));
  }
}

function isTracefs({ fsType }: Mount): boolean {
  return fsType === "tracefs";
}
