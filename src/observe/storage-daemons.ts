import type { Reader } from "../port/reader.ts";
import { attempt } from "../port/sys-error.ts";
import { isStorageDaemon, parseProcessArgv } from "../teardown/parse/process-argv.ts";

/**
 * Whether a process, by its number and its name, asks to be left alone until its storage is gone.
 * Only root's are: any user could bear the names and marks.
 *
 * For a process of root this may block, as reading its memory does (see `hasDaemonMark`).
 */
export function servesStorage(entry: string, command: string, reader: Reader): boolean {
  if (readRealUid(entry, reader) !== 0) return false;
  return (
    isMdmon(entry, command, reader) ||
    survivesFinalKill(entry, reader) ||
    hasDaemonMark(entry, reader)
  );
}

/**
 * The user that runs a process (NaN where that has ended), by /proc/PID/status, which never waits for the process.
 * The owner of /proc/PID is the effective one: root for every set-user-ID program.
 */
export function readRealUid(entry: string, reader: Reader): number {
  const text = attempt(() => reader.readText(`/proc/${entry}/status`)) ?? "";
  return Number(/^Uid:\s*([0-9]+)/m.exec(text)?.[1]);
}

/** It carries the mark only where it was told that it serves the root. */
function isMdmon(entry: string, command: string, reader: Reader): boolean {
  if (command !== "mdmon") return false;
  const program = attempt(() => reader.readLink(`/proc/${entry}/exe`)) ?? "";
  // As the kernel shows a program that an upgrade has replaced.
  return program.replace(/ \(deleted\)$/, "").endsWith("/mdmon");
}

/**
 * docs/ROOT_STORAGE_DAEMONS.md of systemd: argv[0] begins with "@". It lies in the memory of the
 * process: reading it waits for a process that holds the lock of its memory map.
 */
function hasDaemonMark(entry: string, reader: Reader): boolean {
  const text = attempt(() => reader.readText(`/proc/${entry}/cmdline`)) ?? "";
  return isStorageDaemon(parseProcessArgv(text));
}

/** SurviveFinalKillSignal= (systemd 255 and later) marks the control group. */
function survivesFinalKill(entry: string, reader: Reader): boolean {
  const text = attempt(() => reader.readText(`/proc/${entry}/cgroup`)) ?? "";
  const group = /^0::(.*)$/m.exec(text)?.[1];
  if (group === undefined) return false;
  const path = `/sys/fs/cgroup${group}`;
  const mark = attempt(() => reader.readAttribute(path, "user.survive_final_kill_signal"));
  // A user sets it on each group that was delegated to him.
  return mark === "1" && attempt(() => reader.stat(path))?.uid === 0;
}
