import { runAll } from "../../observe/run-task.ts";
import { mayServeStorage, servesStorage } from "../../observe/storage-daemons.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Ports } from "../ports.ts";
import { waitUntil } from "../step/wait-until.ts";
import { listProcesses, type Process } from "./list-processes.ts";
import { readOwnChildren } from "./own-child.ts";
import { readLines } from "./read-lines.ts";

// Processes that init did not stop with their service were left running on purpose, such as
// containers and virtual machines.
const GRACE_MS = 5_000;
const LOOK_MS = 1_000;
// If the deadline is short, most of the time is for the release.
const SHARE = 1 / 4;
// Examining a process of root may block for ever; the child writes a line whenever it looks again.
const SILENT_MS = 1_000;
const MAX_ROUNDS = 4;

/** The messages of the child, one per line. */
interface Line {
  /** The child is about to examine this process. */
  readonly looksAt?: number;
  /** The child has asked this process, by pid and start time. */
  readonly asked?: string;
}

/**
 * Asks every process but storage daemons to exit, and waits for them, as systemd-shutdown(8) does
 * before the pivot, for a quarter of the time until `releaseUntil` (milliseconds of `ports.clock`) at
 * most. A process that cannot be examined is asked without that.
 */
export function askToEnd(releaseUntil: number, ports: Ports): void {
  const { clock } = ports;
  const limitMs = Math.min(GRACE_MS + LOOK_MS, (releaseUntil - clock.now()) * SHARE);
  const until = clock.now() + limitMs;
  const graceUntil = until - (limitMs * LOOK_MS) / (GRACE_MS + LOOK_MS);
  const stuck = new Set<number>();
  const asked = new Set<string>();
  for (let round = 0; round < MAX_ROUNDS && clock.now() < until; round += 1) {
    const action = (send: (part: string) => void): string => {
      askAll(graceUntil, stuck, asked, ports, (line) => send(`${JSON.stringify(line)}\n`));
      return "";
    };
    const work = { action, firstMs: SILENT_MS, silentMs: SILENT_MS };
    const [ended] = runAll([work], until - clock.now(), ports);
    if (ended === undefined || ended.kind === "done" || ended.kind === "error") return;
    const lines = readLines<Line>(ended);
    for (const line of lines) if (line.asked !== undefined) asked.add(line.asked);
    const last = lines.at(-1)?.looksAt;
    if (last !== undefined) stuck.add(last);
  }
}

/**
 * Runs in a child. Asks first those that need not be examined, and no process that appears later: it may
 * be a command by which an asked one cleans up.
 */
function askAll(
  until: number,
  stuck: ReadonlySet<number>,
  askedBefore: ReadonlySet<string>,
  ports: Ports,
  send: (line: Line) => void,
): void {
  const { kernel, reader, clock } = ports;
  const own = readOwnChildren(ports);
  const asked = new Set(askedBefore);
  const ask = ({ pid, startTime }: Process): void => {
    const key = `${pid} ${startTime}`;
    asked.add(key);
    attempt(() => kernel.kill(pid, "SIGTERM"));
    // A stopped process does not receive the signal before that.
    attempt(() => kernel.kill(pid, "SIGCONT"));
    send({ asked: key });
  };
  const spares = ({ pid, command }: Process): boolean => {
    if (stuck.has(pid)) return false;
    send({ looksAt: pid });
    return servesStorage(String(pid), command, reader);
  };
  let isFirst = true;
  const areGone = (): boolean => {
    // Shows that it is not stuck.
    send({});
    let alive = 0;
    const open: Process[] = [];
    listProcesses(own, reader, (process) => {
      if (asked.has(`${process.pid} ${process.startTime}`)) alive += 1;
      else if (!isFirst) return;
      else if (mayServeStorage(String(process.pid), reader)) {
        // Listing thousands takes seconds.
        send({});
        open.push(process);
      } else {
        alive += 1;
        ask(process);
      }
    });
    isFirst = false;
    for (const process of open) {
      if (spares(process)) continue;
      alive += 1;
      ask(process);
    }
    return alive === 0;
  };
  waitUntil(areGone, Math.max(0, until - clock.now()), ports);
}
