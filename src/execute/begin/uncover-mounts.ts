import { runTask } from "../../observe/run-task.ts";
import { listOrNone } from "../../port/best-effort.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Console, HiddenMounts, Reader } from "../../port/teardown.ts";
import { isBelow } from "../../teardown/graph/mount-index.ts";
import { quote } from "../../text/show-bytes.ts";
import type { Guard } from "../guard.ts";
import type { Ports } from "../ports.ts";
import { listProcesses, type Process } from "../processes/list-processes.ts";
import { readOwnChildren } from "../processes/own-child.ts";

// A copy of all mounts, each in microseconds. If the deadline is short, most of the time is for the
// release.
const LIMIT_MS = 3_000;
const SHARE = 1 / 4;

const OLD_ROOT = "/oldroot";
// An open file there does not keep storage in use.
const API_PLACES = ["dev", "proc", "run", "sys"].map((name) => `${OLD_ROOT}/${name}`);

type HiddenPorts = Ports & { readonly hidden: HiddenMounts };

/** Moves mounts beneath the root. Both functions return whether mounts were moved. */
export interface Uncovering {
  begin(): boolean;
  /** Only after `begin`. Does nothing unless a process used the old root then. */
  retry(): boolean;
}

type Uncovered =
  | { readonly kind: "nothing" | "moved" }
  /** Nothing was done. `users` is empty if they could not be found in time. */
  | { readonly kind: "in-use"; readonly users: string };

/** Each attempt takes half of the time until `releaseUntil` (milliseconds of `ports.clock`) at most. */
export function createUncovering(
  releaseUntil: number,
  ports: HiddenPorts,
  console: Console,
  guard: Guard,
): Uncovering {
  let uncovered: Uncovered | undefined;
  const begin = (): boolean => {
    uncovered = guard("look beneath the root", () => uncoverMounts(releaseUntil, ports, console));
    return uncovered?.kind === "moved";
  };
  const retry = (): boolean => {
    if (uncovered?.kind !== "in-use") return false;
    const areMoved = begin();
    if (uncovered?.kind === "in-use") console.warn(uncoverLine(uncovered.users));
    return areMoved;
  };
  return { begin, retry };
}

/**
 * Moves what is mounted beneath the root to /mnt. If the kernel does not allow that, those mounts
 * stay where they are.
 *
 * All mounts of the tree are replaced by copies. A process that uses the old root keeps its original
 * mount, and thus the file system active, while the copy is unmounted as if it were unused. Nothing
 * is done, therefore, until that process has exited.
 */
function uncoverMounts(
  releaseUntil: number,
  { hidden, ...ports }: HiddenPorts,
  console: Console,
): Uncovered {
  const limitMs = Math.min(LIMIT_MS, (releaseUntil - ports.clock.now()) * SHARE);
  const rehearsed = runTask(() => hidden.rehearse().join("\n"), limitMs, ports);
  if (rehearsed.kind !== "done" || rehearsed.output === "") return { kind: "nothing" };
  const found = runTask(() => listUsers(ports).join(", "), limitMs, ports);
  if (found.kind !== "done") return { kind: "in-use", users: "" };
  if (found.output !== "") return { kind: "in-use", users: found.output };
  for (const target of hidden.uncover()) {
    console.info(`exitrd: ${quote(target)} was mounted beneath the root, moved to '/mnt'`);
  }
  return { kind: "moved" };
}

function uncoverLine(users: string): string {
  return `exitrd: cannot look beneath the root: ${users === "" ? "a process" : users} uses it, ignoring`;
}

/** The processes that use the old root, "'name' (pid)" each. */
function listUsers(ports: Ports): readonly string[] {
  const { reader } = ports;
  const users: Process[] = [];
  listProcesses(readOwnChildren(ports), reader, (process) => {
    if (usesOldRoot(process.pid, reader)) users.push(process);
  });
  return users.map(({ command, pid }) => `${quote(command)} (${pid})`);
}

/** For a process that the initrd started, the kernel shows these paths without /oldroot. */
function usesOldRoot(pid: number, reader: Reader): boolean {
  const read = (name: string): string =>
    attempt(() => reader.readLink(`/proc/${pid}/${name}`)) ?? "";
  if (["root", "cwd", "exe"].some((name) => isBelow(read(name), OLD_ROOT))) return true;
  return listOrNone(`/proc/${pid}/fd`, reader).some((fd) => {
    const target = read(`fd/${fd}`);
    return isBelow(target, OLD_ROOT) && !API_PLACES.some((place) => isBelow(target, place));
  });
}
