import type { Reader } from "../port/reader.ts";
import { attempt } from "../port/sys-error.ts";
import { isStorageDaemon, parseProcessArgv } from "../teardown/parse/process-argv.ts";

/** Whether a process asks not to be killed before its storage is released. */
export function servesStorage(entry: string, command: string, reader: Reader): boolean {
  // It marks itself so that its picture stays until the end, and so does its plymouthd-fd-escrow.
  if (command.startsWith("plymouthd")) return false;
  // mdmon has the mark only if it was started for the root.
  return command === "mdmon" || hasDaemonMark(entry, reader) || survivesFinalKill(entry, reader);
}

/** docs/ROOT_STORAGE_DAEMONS.md of systemd: argv[0] begins with "@", and root runs it. */
function hasDaemonMark(entry: string, reader: Reader): boolean {
  const text = attempt(() => reader.readText(`/proc/${entry}/cmdline`)) ?? "";
  if (!isStorageDaemon(parseProcessArgv(text))) return false;
  return attempt(() => reader.stat(`/proc/${entry}`))?.uid === 0;
}

/** SurviveFinalKillSignal= (systemd 255 and later) marks the control group. */
function survivesFinalKill(entry: string, reader: Reader): boolean {
  const text = attempt(() => reader.readText(`/proc/${entry}/cgroup`)) ?? "";
  const group = /^0::(.*)$/m.exec(text)?.[1];
  if (group === undefined) return false;
  const mark = attempt(() =>
    reader.readAttribute(`/sys/fs/cgroup${group}`, "user.survive_final_kill_signal"),
  );
  return mark === "1";
}
