import type { DeviceObserver } from "../../observe/device-observer.ts";
import { listPinnedFileSystems } from "../../observe/pinned.ts";
import { readLine } from "../../observe/read-line.ts";
import { mayBeRoots } from "../../observe/storage-daemons.ts";
import { listOrNone, readOrEmpty } from "../../port/best-effort.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Reader } from "../../port/teardown.ts";
import { parseProcStat } from "../../teardown/parse/proc-stat.ts";
import { parseProcessArgv } from "../../teardown/parse/process-argv.ts";
import { hasExternalMetadata, isMdmonOf, readMdContainer } from "./protocol.ts";
import type { MdField, MdMonitor, MdState } from "./state.ts";

export const mdObserver: DeviceObserver<MdField> = {
  matches: (entry) => entry.startsWith("md"),
  observe: observeText,
  findAsk({ name, md }) {
    const ask = md && findAsk(name, md);
    return ask && (({ reader }) => ({ md: { ...md, ...ask(reader) } }));
  },
};

function observeText(name: string, reader: Reader): MdField {
  const dir = `/sys/class/block/${name}/md`;
  const arrayState = readLine(reader, `${dir}/array_state`);
  // An array in the state "clear" was stopped and waits for its last close.
  if (arrayState === undefined || arrayState === "clear") return {};
  const metadataVersion = readLine(reader, `${dir}/metadata_version`) ?? "";
  const bitmapLocation = readLine(reader, `${dir}/bitmap/location`) ?? "none";
  return {
    md: {
      level: readLine(reader, `${dir}/level`) ?? "",
      arrayState,
      metadataVersion,
      bitmapLocation,
    },
  };
}

/**
 * Completes an array with the file of its bitmap and its mdmon; undefined if it can have neither.
 * Both may block: the driver may be busy, and the files of a process may be anywhere.
 */
function findAsk(
  name: string,
  { bitmapLocation, metadataVersion }: MdState,
): ((reader: Reader) => Partial<MdState>) | undefined {
  if (bitmapLocation === "file") return (reader) => observeBitmapFile(reader, name);
  const isContainer =
    hasExternalMetadata(metadataVersion) && readMdContainer(metadataVersion) === undefined;
  return isContainer ? (reader) => observeMonitor(reader, name) : undefined;
}

function observeBitmapFile(reader: Reader, name: string): { bitmapFile?: string } {
  const bitmapFile = attempt(() => reader.readMdBitmapFile(name)) ?? "";
  return bitmapFile === "" ? {} : { bitmapFile };
}

function observeMonitor(reader: Reader, name: string): { monitor?: MdMonitor } {
  for (const entry of listOrNone("/proc", reader)) {
    if (!/^[0-9]+$/.test(entry)) continue;
    const stat = parseProcStat(readOrEmpty(`/proc/${entry}/stat`, reader));
    if (stat?.command !== "mdmon" || stat.hasEnded) continue;
    // Any user can have a process with that name and block every read of its memory.
    if (!mayBeRoots(entry, reader)) continue;
    const cmdline = readOrEmpty(`/proc/${entry}/cmdline`, reader);
    if (!isMdmonOf(parseProcessArgv(cmdline), name)) continue;
    const { pid, startTime } = stat;
    return { monitor: { pid, startTime, fileSystems: listPinnedFileSystems(entry, reader) } };
  }
  return {};
}
