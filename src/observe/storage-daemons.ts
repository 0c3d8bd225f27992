import { readOrEmpty } from "../port/best-effort.ts";
import { attempt } from "../port/sys-error.ts";
import type { Reader } from "../port/teardown.ts";
import { isStorageDaemon, parseProcessArgv } from "../teardown/parse/process-argv.ts";

/**
 * Whether a process asks not to be killed before its storage is released. Only root's may, or those
 * that root's control group marks: every user could use the same names and marks.
 *
 * For a process of root this may block, as reading its memory does (see `hasDaemonMark`).
 */
export function servesStorage(entry: string, command: string, reader: Reader): boolean {
  // plymouthd marks itself to keep its splash until the end, and so does its plymouthd-fd-escrow.
  if (command.startsWith("plymouthd")) return false;
  if (survivesFinalKill(entry, reader)) return true;
  if (!mayBeRoots(entry, reader)) return false;
  return isMdmon(entry, command, reader) || hasDaemonMark(entry, reader);
}

/** Whether `servesStorage` may be true; never blocks. */
export function mayServeStorage(entry: string, reader: Reader): boolean {
  return mayBeRoots(entry, reader) || survivesFinalKill(entry, reader);
}

const SURVIVES = "survive_final_kill_signal";

/**
 * Whether root runs a process, by the real user ID in /proc/PID/status, which never waits for the
 * process. The owner of /proc/PID is the effective one: root for every set-user-ID program. A
 * status that cannot be read (ENOMEM) proves nothing, and must not cost a storage daemon its life:
 * then it is true.
 */
export function mayBeRoots(entry: string, reader: Reader): boolean {
  const read = (): string => reader.readText(`/proc/${entry}/status`);
  const text = attempt(() => attempt(read, ["ENOENT", "ESRCH"]) ?? "");
  return text === undefined || /^Uid:\s*0\s/m.test(text);
}

/** It has the mark only if it was started for the root. */
function isMdmon(entry: string, command: string, reader: Reader): boolean {
  if (command !== "mdmon") return false;
  const program = attempt(() => reader.readLink(`/proc/${entry}/exe`)) ?? "";
  // The kernel marks a program that an upgrade has replaced.
  return program.replace(/ \(deleted\)$/, "").endsWith("/mdmon");
}

/**
 * docs/ROOT_STORAGE_DAEMONS.md of systemd: argv[0] begins with "@". It is in the memory of the
 * process: reading it blocks while the process holds the lock of its memory map.
 */
function hasDaemonMark(entry: string, reader: Reader): boolean {
  const text = readOrEmpty(`/proc/${entry}/cmdline`, reader);
  return isStorageDaemon(parseProcessArgv(text));
}

/**
 * SurviveFinalKillSignal= (systemd 255 and later) marks the control group, before Linux 5.7 in another
 * namespace. Reading it does not wait for the process.
 */
function survivesFinalKill(entry: string, reader: Reader): boolean {
  const text = readOrEmpty(`/proc/${entry}/cgroup`, reader);
  const group = /^0::(.*)$/m.exec(text)?.[1];
  if (group === undefined) return false;
  const path = `/sys/fs/cgroup${group}`;
  const isMarked = ["user", "trusted"].some(
    (space) => attempt(() => reader.readAttribute(path, `${space}.${SURVIVES}`)) === "1",
  );
  // A user can set it on each control group that was delegated to him.
  return isMarked && attempt(() => reader.stat(path))?.uid === 0;
}
