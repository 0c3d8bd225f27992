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
import type { RamTree } from "../port/ram-trees.ts";
import type { StagedEnd, StagedRuns } from "../port/staged-runs.ts";
import { attempt, isSysError } from "../port/sys-error.ts";
import { waitFor } from "./programs.ts";
import { hostTrees } from "./ram-trees.ts";
import { createTasks } from "./tasks.ts";

const RUN_LIMIT_MS = 10_000;
/** For pages that files fill in part, and for what programs print. */
const ROOM = 16 * 1024 * 1024;
// As a shell reports a program that cannot be executed.
const NOT_EXECUTED = 127;
// linux/prctl.h
const PR_CAPBSET_DROP = 24;
const PR_SET_NO_NEW_PRIVS = 38;
/** All that the kernel's sets have room for. */
const CAPABILITIES = 64;
/** "nobody" and "nogroup", the numbers that the kernel itself has for those. */
const NOBODY = 65534;
const OUTPUT = "/.output";

/** The `StagedRuns` port: two children, the second the first process of its namespaces. */
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

/** Runs `action` in a child to its end; throws a `SysError` where that did. */
function inChild(action: () => string): string {
  const tasks = createTasks();
  tasks.start(action);
  let [ended] = tasks.wait(Number.POSITIVE_INFINITY);
  // It returns for each piece of the answer.
  while (ended === undefined) [ended] = tasks.wait(Number.POSITIVE_INFINITY);
  const { result } = ended;
  if (result.kind === "done") return result.output;
  if (result.kind === "crashed") throw new Error("the child of a staged run crashed");
  const { syscall, code, words } = result;
  const error = new Error(`${syscall}: ${words}`);
  throw Object.assign(error, { name: "SysError", syscall, code, words, errno: 0 });
}

/**
 * A user namespace for who is not root, to whom the kernel gives the others only
 * with one. Root does without: in a chroot, where installers build, there is none.
 */
function enterNamespaces(): void {
  const { uid, gid } = stat("/proc/self");
  const others = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
  unshare(uid === 0 ? others : CLONE_NEWUSER | others);
  if (uid === 0) return;
  // The tree's files need an owner that the namespace knows.
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

/** What its owner may read and execute, "nobody" has to: this tree is private to the run. */
function unpack(entry: CpioEntry, tree: RamTree): void {
  const mode = entry.mode | ((entry.mode & 0o500) >> 6);
  if (entry.kind === "directory") tree.makeDirectory(entry.path, mode);
  else tree.writeFile(entry.path, entry.data, mode);
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
    // The caller's, too: a directory among them leads out of the chroot.
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
 * Here, where an error ends the whole run. This process keeps its own capabilities, to
 * end what a program leaves behind.
 */
function emptyBoundingSet(): void {
  for (let number = 0; number < CAPABILITIES; number += 1) {
    try {
      prctl(PR_CAPBSET_DROP, number, 0, 0, 0);
    } catch (thrown) {
      // A number that this kernel does not know.
      if (!isSysError(thrown) || thrown.code !== "EINVAL") throw thrown;
    }
  }
}

/** Not where the user namespace has only one user, which then is no more than its creator. */
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
 * All sets, as capabilities(7) computes those of a program from each of them: a bounding set
 * that is empty alone leaves what is inheritable.
 */
function dropCapabilities(): void {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  clearCapabilities();
}

function listEnvironment(program: string): readonly string[] {
  return [
    ...["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "LD_BIND_NOW=1"],
    // What $ORIGIN is to glibc's loader where /proc/self/exe does not tell.
    `LD_ORIGIN_PATH=${parentOf(program) || "/"}`,
  ];
}
