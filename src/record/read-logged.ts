import { ALWAYS_DUMP_PATH } from "../observe/read-pstore.ts";
import { listOrNone, readOrEmpty } from "../port/best-effort.ts";
import type { Digests, FileReader, FileWriter } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";
import type { Reader } from "../port/teardown.ts";
import { findLogged, type LoggedRecord } from "../teardown/record/log-lines.ts";

export const PSTORE_DIR = "/sys/fs/pstore";
/** Where systemd-pstore(8) moves the files, one or two directories deep. */
export const MOVED_DIR = "/var/lib/systemd/pstore";
export const MOVED_DEPTH = 2;

// A part of a dump has at most pstore.kmsg_bytes before it is compressed. systemd-tmpfiles(8) removes
// the moved ones after 14 days.
const LARGEST_DUMP = 128 * 1024;
const MOST_DUMPS = 64;

interface LogPorts {
  readonly reader: Reader;
  readonly files: FileReader;
  readonly digests: Pick<Digests, "sha256">;
}

/** The records in the dumps of the kernel log that pstore kept, wherever they are now. */
export function readLogged({ reader, files, digests }: LogPorts): readonly LoggedRecord[] {
  const paths = [
    ...listParts(PSTORE_DIR, 0, reader).slice(-MOST_DUMPS),
    ...listParts(MOVED_DIR, MOVED_DEPTH, reader).slice(-MOST_DUMPS),
  ];
  const texts = paths.map((path) => attempt(() => files.readText(path, LARGEST_DUMP)) ?? "");
  return findLogged(texts, digests.sha256);
}

/**
 * Removes the dump with the record of a boot from pstore, if systemd-pstore(8) has left it there: ERST
 * has few records, and would be full at the next crash. If the administrator has all shutdowns
 * dumped, nothing is removed.
 */
export function removeLogged(
  bootId: string,
  { reader, files, digests }: LogPorts,
  { removeFile }: Pick<FileWriter, "removeFile">,
): void {
  if (readOrEmpty(ALWAYS_DUMP_PATH, reader).trim() !== "N") return;
  const parts = listParts(PSTORE_DIR, 0, reader).flatMap((path) => {
    const text = attempt(() => files.readText(path, LARGEST_DUMP)) ?? "";
    const name = readOrdinaryName(text);
    return name === undefined ? [] : [{ path, text, name }];
  });
  const own = parts.filter(({ text }) =>
    findLogged([text], digests.sha256).some((found) => found.bootId === bootId),
  );
  for (const { path, name } of parts) {
    if (own.some((one) => one.name === name)) attempt(() => removeFile(path));
  }
}

/** The parts of dumps, the newest directories last. */
function listParts(dir: string, depth: number, reader: Reader): readonly string[] {
  const names = listOrNone(dir, reader);
  const isPart = (name: string): boolean => name.startsWith("dmesg-");
  const folders = depth === 0 ? [] : names.filter((name) => !name.startsWith("dmesg"));
  return [
    ...folders.flatMap((name) => listParts(`${dir}/${name}`, depth - 1, reader)),
    ...names.filter(isPart).map((name) => `${dir}/${name}`),
  ];
}

/**
 * kmsg_dump_reason_str(): the first line of a dump is "Shutdown#1 Part1" or "Panic#2 Part1".
 * Returns "Shutdown#1" for one that is no crash; "Restart", "Halt" and "Poweroff" are from before
 * Linux 5.8.
 */
export function readOrdinaryName(text: string): string | undefined {
  return /^(?:Shutdown|Restart|Halt|Poweroff|Unknown)#\d*/.exec(text)?.[0];
}

/**
 * Whether a dump has such a line. pstore passes on what it cannot decompress as it is, as
 * "dmesg-efi-1.enc.z"; of a truncated dump, the line may be missing.
 */
export function isReadableDump(text: string): boolean {
  return /^[A-Z][a-z]+#\d* Part\d/.test(text);
}
