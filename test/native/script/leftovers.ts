import * as sys from "exitrd:sys";
import type { Ports } from "../../../src/execute/ports.ts";
import {
  endStorageDaemons,
  finishKilling,
  killingLeftovers,
} from "../../../src/execute/processes/kill-leftovers.ts";
import { listProcesses, nameProcess } from "../../../src/execute/processes/list-processes.ts";
import { hostKernel } from "../../../src/host/kernel.ts";
import { hostReader } from "../../../src/host/reader.ts";
import { createTasks } from "../../../src/host/tasks.ts";
import { runAll, runTask } from "../../../src/observe/run-task.ts";

// PID 1 of a namespace. argv: an empty folder, the program of unruly.c, then for each process to
// start argv[0] and what it does, as "sleep=user"; "politely" as the last word sends SIGTERM first.
const [, folder = "", unruly = "", ...words] = sys.argv;

const ports: Ports = {
  reader: hostReader,
  kernel: hostKernel,
  tasks: createTasks(),
  clock: { now: sys.monotonic },
  onTick() {},
};

function splitWord(word: string): readonly [name: string, kind: string] {
  const [name = "", kind = ""] = word.split("=");
  return [name, kind];
}

function targetOf(name: string, kind: string): string {
  return `${folder}/${kind}-${name.replace("@", "")}`;
}

function start(name: string, kind: string): void {
  const target = targetOf(name, kind);
  sys.mkdir(target, 0o777);
  if (sys.fork() === 0) sys.execve(unruly, [name, kind, target], []);
}

/** The names of the other processes that still run. */
function listAlive(): readonly string[] {
  const names: string[] = [];
  listProcesses(new Map(), hostReader, ({ command }) => names.push(command));
  return names;
}

/** Sleeps, and reaps orphans: a user's number of processes is limited. */
function nap(milliseconds: number): void {
  for (let slept = 0; slept < milliseconds; slept += 10) {
    while (sys.waitpid(-1, sys.WNOHANG) !== undefined);
    sys.sleep(10);
  }
}

/** Whether pids are used up although nothing here starts processes. */
function isHopping(): boolean {
  const spend = (): number => {
    const pid = sys.fork();
    if (pid === 0) sys.exit(0);
    sys.waitpid(pid, 0);
    return pid;
  };
  const first = spend();
  nap(300);
  return spend() - first > 1;
}

function countSegments(): number {
  return sys.readFile("/proc/sysvipc/shm").trim().split("\n").length - 1;
}

const isPolite = words.at(-1) === "politely";
for (const word of isPolite ? words.slice(0, -1) : words) {
  start(...splitWord(word));
}
// To make 65,000 mounts takes seconds.
nap(words.some((word) => word.endsWith("=crowded")) ? 4_000 : 500);
const before = { alive: listAlive(), hopping: isHopping(), segments: countSegments() };
// What a child sees of the first process's folder if it has a second to answer.
const look = () => hostReader.stat(targetOf(...splitWord(words[0] ?? ""))).dev;
const seen = runTask(look, 1_000, ports).kind;
const startMs = sys.monotonic();
const until = startMs + 30_000;
const [first] = isPolite ? [] : runAll([killingLeftovers(ports)], 30_000, ports);
const left =
  first === undefined ? endStorageDaemons(until, ports) : finishKilling(first, until, ports).alive;
const names = left.map(nameProcess);
const tookMs = sys.monotonic() - startMs;
const hopping = isHopping();
nap(10);
sys.write(
  1,
  JSON.stringify({
    before,
    seen,
    names,
    tookMs,
    hopping,
    alive: listAlive(),
    segments: countSegments(),
  }),
);
