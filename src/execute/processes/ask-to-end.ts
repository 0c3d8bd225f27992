import { runTask } from "../../observe/run-task.ts";
import { servesStorage } from "../../observe/storage-daemons.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Ports } from "../ports.ts";
import { waitUntil } from "../step/wait-until.ts";
import { listProcesses, type Process } from "./list-processes.ts";
import { readOwnChildren } from "./own-child.ts";

// Processes that init did not stop with their service were left running on purpose, such as
// containers and virtual machines.
const GRACE_MS = 5_000;
const LOOK_MS = 1_000;
// If the deadline is short, most of the time is for the release.
const SHARE = 1 / 4;

/**
 * Asks every process but storage daemons to exit, and waits for them, as systemd-shutdown(8) does
 * before the pivot, for a quarter of the time until `releaseUntil` (milliseconds of `ports.clock`) at
 * most. If examining a process blocks, that does not extend the wait.
 */
export function askToEnd(releaseUntil: number, ports: Ports): void {
  const { kernel, reader, clock } = ports;
  const limitMs = Math.min(GRACE_MS + LOOK_MS, (releaseUntil - clock.now()) * SHARE);
  const graceMs = (limitMs * GRACE_MS) / (GRACE_MS + LOOK_MS);
  const action = (): string => {
    const own = readOwnChildren(ports);
    const asked = new Set<string>();
    const ask = (process: Process): boolean => {
      const { pid, command, startTime } = process;
      const key = `${pid} ${startTime}`;
      if (asked.has(key)) return true;
      if (servesStorage(String(pid), command, reader)) return false;
      asked.add(key);
      attempt(() => kernel.kill(pid, "SIGTERM"));
      // A stopped process does not receive the signal before that.
      attempt(() => kernel.kill(pid, "SIGCONT"));
      return true;
    };
    const areGone = (): boolean => {
      let alive = 0;
      listProcesses(own, reader, (process) => {
        if (ask(process)) alive += 1;
      });
      return alive === 0;
    };
    waitUntil(areGone, graceMs, ports);
    return "";
  };
  runTask(action, limitMs, ports);
}
