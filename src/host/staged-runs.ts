import {
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
  clearCapabilities,
  clearGroups,
  closeFrom,
  dup2,
  execve,
  exit,
  fork,
  O_CREAT,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  open,
  prctl,
  readFile,
  setGid,
  setsid,
  setUid,
  stat,
  unshare,
  write,
  writeFile,
} from "exitrd:sys";
import { parentOf } from "../image/check-path.ts";
import type { CpioEntry } from "../image/cpio-entry.ts";
import type { RamTree, StagedEnd, StagedRuns } from "../port/loader.ts";
import { attempt, isSysError } from "../port/sys-error.ts";
import { waitFor } from "./programs.ts";
import { hostTrees } from "./ram-trees.ts";
import { createTasks } from "./tasks.ts";

const RUN_LIMIT_MS = 10_000;
/** Space for partly filled pages, and for the output of programs. */
const ROOM = 16 * 1024 * 1024;
// The status by which shells report a program that cannot be executed.
const NOT_EXECUTED = 127;
// linux/prctl.h
const PR_CAPBSET_DROP = 24;
const PR_SET_NO_NEW_PRIVS = 38;
/** The size of the kernel's capability sets, in bits. */
const CAPABILITIES = 64;
/** "nobody" and "nogroup", the kernel's overflow ids. */
const NOBODY = 65534;
const OUTPUT = "/.output";

/** The `StagedRuns` port: two children, of which the second is the init of new namespaces. */
export const hostStagedRuns: StagedRuns = {
  run: (entries, programs) =>
    JSON.parse(
      inChild(() => {
        enterNamespaces();
        return inChild(() => {
          enterTree(entries);
          emptyBoundingSet();
          return JSON.stringify(programs.map(runOnce));
        });
      }),
    ),
};

/** Runs `action` in a child until it exits; throws its `SysError`, if there was one. */
function inChild(action: () => string): string {
  const tasks = createTasks();
  tasks.start(action);
  let [ended] = tasks.wait(Number.POSITIVE_INFINITY);
  // wait() returns for each part of the answer.
  while (ended === undefined) [ended] = tasks.wait(Number.POSITIVE_INFINITY);
  const { result } = ended;
  if (result.kind === "done") return result.output;
  if (result.kind === "crashed") throw new Error("the child of a staged run crashed");
  const { syscall, code, words } = result;
  const error = new Error(`${syscall}: ${words}`);
  throw Object.assign(error, { name: "SysError", syscall, code, words, errno: 0 });
}

/**
 * A user namespace for other users than root, who cannot create the other namespaces without one.
 * Root does not need it, and in a chroot, where installers build images, it is not available.
 */
function enterNamespaces(): void {
  const { uid, gid } = stat("/proc/self");
  const others = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
  unshare(uid === 0 ? others : CLONE_NEWUSER | others);
  if (uid === 0) return;
  // The files of the tree need an owner that is mapped in the namespace.
  writeFile("/proc/self/setgroups", "deny", O_WRONLY);
  writeFile("/proc/self/uid_map", `0 ${uid} 1`, O_WRONLY);
  writeFile("/proc/self/gid_map", `0 ${gid} 1`, O_WRONLY);
}

function enterTree(entries: readonly CpioEntry[]): void {
  const size = entries.reduce((sum, entry) => {
    return sum + (entry.kind === "file" ? entry.data.length + 4096 : 0);
  }, ROOM);
  const tree = hostTrees.create("tmpfs", [
    { key: "mode", value: "0755" },
    { key: "size", value: String(size) },
  ]);
  for (const entry of entries) unpack(entry, tree);
  const input = open("/dev/null", O_RDONLY);
  dup2(input, 0);
  tree.enter();
}

/** Gives "nobody" the owner's permissions to read and execute: the tree is private to the run. */
function unpack(entry: CpioEntry, tree: RamTree): void {
  const mode = entry.mode | ((entry.mode & 0o500) >> 6);
  switch (entry.kind) {
    case "directory":
      return tree.makeDirectory(entry.path, mode);
    case "link":
      return tree.makeLink(entry.path, entry.target);
    case "file":
      return tree.writeFile(entry.path, entry.data, mode);
  }
}

function runOnce(program: string): StagedEnd {
  const pid = fork();
  if (pid === 0) execute(program);
  const end = waitFor(pid, RUN_LIMIT_MS);
  const lines = (attempt(() => readFile(OUTPUT, ROOM)) ?? "").trim().split("\n");
  return { program, end, lastLine: lines.at(-1)?.slice(0, 200) ?? "" };
}

function execute(program: string): never {
  try {
    setsid();
    const output = open(OUTPUT, O_RDWR | O_CREAT | O_TRUNC, 0o600);
    dup2(output, 1);
    dup2(output, 2);
    // Including the caller's: an open directory would lead out of the chroot.
    closeFrom(3);
    becomeNobody();
    dropCapabilities();
    execve(program, [program, "--version"], listEnvironment(program));
  } catch (thrown) {
    if (isSysError(thrown)) attempt(() => write(2, `exitrd: ${thrown.message}`));
    exit(NOT_EXECUTED);
  }
}

/**
 * Called here, where an error ends the whole run. This process keeps its own capabilities in order
 * to kill what a program leaves behind.
 */
function emptyBoundingSet(): void {
  for (let number = 0; number < CAPABILITIES; number += 1) {
    try {
      prctl(PR_CAPBSET_DROP, number, 0, 0, 0);
    } catch (thrown) {
      // This kernel does not know the capability.
      if (!isSysError(thrown) || thrown.code !== "EINVAL") throw thrown;
    }
  }
}

/** Not if the user namespace maps only one user, who then has no more rights than its creator. */
function becomeNobody(): void {
  try {
    clearGroups();
    setGid(NOBODY);
    setUid(NOBODY);
  } catch (thrown) {
    if (!isSysError(thrown) || !["EINVAL", "EPERM"].includes(thrown.code)) throw thrown;
  }
}

/**
 * Clears all sets, because capabilities(7) computes those of a program from each of them: an empty
 * bounding set alone would keep the inheritable ones.
 */
function dropCapabilities(): void {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  clearCapabilities();
}

function listEnvironment(program: string): readonly string[] {
  return [
    ...["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "LD_BIND_NOW=1"],
    // glibc's loader uses it for $ORIGIN if /proc/self/exe is not available.
    `LD_ORIGIN_PATH=${parentOf(program) || "/"}`,
  ];
}
