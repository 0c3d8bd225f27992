import type { FileReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";
import { toByteString } from "../text/bytes.ts";

/** Who shuts this machine down, and whether that pivots into /run/initramfs. */
export interface InitStatus {
  /** "systemd", else what PID 1 calls itself. */
  readonly name: string;
  /** systemd's; undefined where it cannot be found. */
  readonly version: number | undefined;
  readonly problem: InitProblem | undefined;
}

export type InitProblem =
  /** sysvinit, OpenRC, runit; or none, in a chroot. */
  | "not-systemd"
  /** There systemd-shutdown(8) does not pivot. */
  | "container"
  /** Its program is missing. */
  | "no-systemd-shutdown"
  /** Before v42 it looked for another place. */
  | "too-old";

const OLDEST = 42;
const folders = ["/usr/lib/systemd", "/lib/systemd"];
const libraryFolders = [...folders, "/usr/lib64/systemd"];

export function readInit(files: FileReader): InitStatus {
  // sd_booted(3)
  if (attempt(() => files.status("/run/systemd/system"))?.kind !== "directory") {
    return { name: readName(files), version: undefined, problem: "not-systemd" };
  }
  const version = readVersion(files);
  return { name: "systemd", version, problem: findProblem(version, files) };
}

function findProblem(version: number | undefined, files: FileReader): InitProblem | undefined {
  // Written by PID 1 itself: systemd's "Container Interface".
  if (attempt(() => files.status("/run/systemd/container")) !== undefined) return "container";
  const hasProgram = folders.some((folder) => files.isExecutable(`${folder}/systemd-shutdown`));
  if (!hasProgram) return "no-systemd-shutdown";
  return version !== undefined && version < OLDEST ? "too-old" : undefined;
}

function readName(files: FileReader): string {
  const bytes = attempt(() => files.readBytes("/proc/1/comm", 4096));
  return bytes === undefined ? "unknown" : toByteString(bytes).trim();
}

/** By the name of the library that it is linked with; nothing else needs no program to be run. */
function readVersion(files: FileReader): number | undefined {
  const multiarch = (attempt(() => files.readDir("/usr/lib")) ?? [])
    .filter((name) => name.includes("-linux-"))
    .map((name) => `/usr/lib/${name}/systemd`);
  for (const folder of [...libraryFolders, ...multiarch]) {
    for (const name of attempt(() => files.readDir(folder)) ?? []) {
      const version = /^libsystemd-shared-([0-9]{1,4})\b/.exec(name)?.[1];
      if (version !== undefined) return Number(version);
    }
  }
  return undefined;
}

/** "systemd 252 pivots into it", or why not. */
export function describeInit({ name, version, problem }: InitStatus): string {
  const who = version === undefined ? name : `${name} ${version}`;
  switch (problem) {
    case undefined:
      return `${who} pivots into an exitrd`;
    case "not-systemd":
      return `${who} runs, and only systemd pivots into an exitrd`;
    case "container":
      return `${who} does not pivot in a container`;
    case "no-systemd-shutdown":
      return `${who} has no systemd-shutdown, which pivots`;
    case "too-old":
      return `${who} is too old, and does not pivot into /run/initramfs`;
  }
}
