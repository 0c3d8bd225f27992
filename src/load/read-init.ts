import type { FileReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";
import { toByteString } from "../text/bytes.ts";
import { findContainer } from "./find-container.ts";
import { hasHook, type KnownInit, knownInits } from "./known-inits.ts";

/** The init that shuts this machine down, and whether it pivots into /run/initramfs. */
export interface InitStatus {
  /** "systemd", a name in `knownInits`, or the name of PID 1. */
  readonly name: string;
  /** systemd's version; undefined if it cannot be determined. */
  readonly version: number | undefined;
  /** An init other than systemd that can run 'exitrd pivot'. */
  readonly known: KnownInit | undefined;
  readonly problem: InitProblem | undefined;
  /** Where this is not a machine: "in WSL". */
  readonly container?: string;
}

export type InitProblem =
  /** An init that is not supported, or none at all, in a chroot. */
  | "unknown-init"
  /** The init does not run 'exitrd pivot'. */
  | "no-pivot"
  /** systemd-shutdown(8) does not pivot in a container, and storage belongs to the host. */
  | "container"
  /** systemd-shutdown(8) is not installed. */
  | "no-systemd-shutdown"
  /** Before v42, systemd looked for another path. */
  | "too-old";

const OLDEST = 42;
const folders = [
  ...["/usr/lib/systemd", "/lib/systemd"],
  // NixOS
  "/run/current-system/systemd/lib/systemd",
];
const libraryFolders = [...folders, "/usr/lib64/systemd"];

export function readInit(files: FileReader): InitStatus {
  // sd_booted(3)
  if (attempt(() => files.status("/run/systemd/system"))?.kind !== "directory") {
    return readOther(files);
  }
  const status = { name: "systemd", version: readVersion(files), known: undefined };
  const container = findContainer(files, "trusts-files");
  if (container !== undefined) return { ...status, problem: "container", container };
  return { ...status, problem: findProblem(status.version, files) };
}

function readOther(files: FileReader): InitStatus {
  const known = findKnown(files);
  const container = findContainer(files, known === undefined ? "trusts-files" : "is-known");
  if (container !== undefined) {
    const name = known?.name ?? readName(files);
    return { name, version: undefined, known, problem: "container", container };
  }
  if (known === undefined) {
    return { name: readName(files), version: undefined, known, problem: "unknown-init" };
  }
  const problem = hasHook(known.pivots, files) ? undefined : "no-pivot";
  return { name: known.name, version: undefined, known, problem };
}

/** Only root can read /proc/1/exe; for other users, the target of /sbin/init decides. */
function findKnown(files: FileReader): KnownInit | undefined {
  const comm = readName(files);
  const path =
    attempt(() => files.realPath("/proc/1/exe")) ??
    (comm === "init" ? attempt(() => files.realPath("/sbin/init")) : comm);
  // The kernel adds this when an upgrade has replaced the running program.
  const program = path?.replace(/ \(deleted\)$/, "").replace(/^.*\//, "");
  return knownInits.find(({ programs }) => programs.some((name) => name === program));
}

function findProblem(version: number | undefined, files: FileReader): InitProblem | undefined {
  const hasProgram = folders.some((folder) => files.isExecutable(`${folder}/systemd-shutdown`));
  if (!hasProgram) return "no-systemd-shutdown";
  return version !== undefined && version < OLDEST ? "too-old" : undefined;
}

function readName(files: FileReader): string {
  const bytes = attempt(() => files.readBytes("/proc/1/comm", 4096));
  return bytes === undefined ? "unknown" : toByteString(bytes).trim();
}

/**
 * From the name of the library that systemd is linked with: the only way that needs no program to
 * be run.
 */
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

/** "systemd 252 pivots into an exitrd", or why it does not. */
export function describeInit(status: Omit<InitStatus, "known">): string {
  const { name, version, problem } = status;
  const who = version === undefined ? name : `${name} ${version}`;
  switch (problem) {
    case undefined:
      return `${who} pivots into an exitrd`;
    case "unknown-init":
      return `${who} does not pivot into an exitrd`;
    case "no-pivot":
      return `${who} does not run 'exitrd pivot' at shutdown: see exitrd(8)`;
    case "container":
      return `${who} does not pivot ${status.container ?? "in a container"}`;
    case "no-systemd-shutdown":
      return `${who} cannot pivot: systemd-shutdown is not installed`;
    case "too-old":
      return `${who} is too old: it does not pivot into /run/initramfs`;
  }
}
