import type { Occupant } from "../load/look-at-target.ts";
import type { InitStatus } from "../load/read-init.ts";
import type { FileReader } from "../port/loader.ts";
import { attempt, trySys } from "../port/sys-error.ts";
import type { Verb } from "../teardown/verb.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import { initPath, shutdownPath, treePlace, verbPlace } from "../text/tree-paths.ts";
import { type HandOverPorts, handOver, OLD_ROOT } from "./hand-over.ts";
import type { PivotProblem } from "./pivot-problem.ts";

/** What was observed before anything is changed. */
export interface PivotFacts {
  readonly init: InitStatus;
  readonly occupant: Occupant;
  /** Whether /shutdown is executable: access(2) with X_OK. */
  readonly isExecutable: boolean;
}

export interface PivotPorts extends HandOverPorts {
  readonly files: FileReader;
}

/** API file systems, as systemd-shutdown passes them on. */
const API_PLACES = ["/proc", "/sys", "/dev", "/run"];

/** Undoes one change. */
type Undo = () => void;

/**
 * Pivots into the loaded tree and hands PID 1 over to its /shutdown, which kills this process. If
 * that is not possible, everything is restored, and the init's own scripts can continue: nothing is
 * killed here, and the processes that wait for this one are stopped only while PID 1 may be
 * replaced.
 */
export function runPivot(
  verb: Verb,
  facts: PivotFacts,
  ports: PivotPorts,
): Checked<undefined, PivotProblem> {
  const { known } = facts.init;
  const problem = findObstacle(facts, ports);
  if (problem !== undefined) return refuse(problem);
  if (known === undefined) throw new Error("an unknown init has passed the check");
  const undo: Undo[] = [];
  const prepared = trySys(() => prepareTree(verb, ports, undo));
  if (!prepared.ok)
    return giveUp(undo, { kind: "system", action: "prepare", error: prepared.problem });
  const pivoted = trySys(() => pivot(ports, undo));
  if (!pivoted.ok) return giveUp(undo, { kind: "system", action: "enter", error: pivoted.problem });
  const handed = handOver(known.name, verb, ports);
  if (handed.ok) return accept(undefined);
  return giveUp(undo, { kind: "not-taken", init: known.name, attempts: handed.problem });
}

function findObstacle(
  { init, occupant, isExecutable }: PivotFacts,
  { reader }: PivotPorts,
): PivotProblem | undefined {
  if (init.name === "systemd") return { kind: "systemd" };
  if (init.container !== undefined) return { kind: "container", where: init.container };
  if (init.known === undefined) return { kind: "unknown-init", name: init.name };
  const isSame = attempt(() => {
    const links = ["self", "1"].map((process) => reader.readLink(`/proc/${process}/ns/mnt`));
    const roots = ["/", "/proc/1/root/."].map((path) => reader.stat(path).mountId);
    return links[0] === links[1] && roots[0] === roots[1];
  });
  if (isSame !== true) return { kind: "elsewhere" };
  const reason = findFlaw(occupant, isExecutable);
  return reason === undefined ? undefined : { kind: "no-tree", target: treePlace, reason };
}

function findFlaw(occupant: Occupant, isExecutable: boolean): string | undefined {
  switch (occupant.kind) {
    case "nothing":
    case "not-directory":
      return "nothing is loaded";
    case "foreign":
      return "it contains another program's exitrd";
    case "ours":
      if (!occupant.intact) return "it was changed after it was loaded";
      return isExecutable ? undefined : "its /shutdown is not executable";
  }
}

function prepareTree(verb: Verb, { kernel, files }: PivotPorts, undo: Undo[]): void {
  const folder = verbPlace.slice(0, verbPlace.lastIndexOf("/"));
  attempt(() => kernel.makeDirectory(folder), ["EEXIST"]);
  kernel.writeFile(verbPlace, `${verb}\n`);
  undo.push(() => kernel.removeFile(verbPlace));
  kernel.makeMountsPrivate();
  const rootDev = files.status("/")?.dev;
  const bind = (source: string, target: string): void => {
    kernel.bind(source, target);
    undo.push(() => kernel.unmount(target));
  };
  for (const place of API_PLACES) {
    const status = files.status(place);
    // Binding a plain directory of the old root would keep the old root busy.
    if (status !== undefined && status.dev !== rootDev) bind(place, `${treePlace}${place}`);
  }
  // Images of older versions do not have the file.
  const init = `${treePlace}/${initPath}`;
  if (files.status(init) !== undefined) bind(`${treePlace}/${shutdownPath}`, init);
}

function pivot({ kernel, reader }: PivotPorts, undo: Undo[]): void {
  // Otherwise the script that waits for this process would continue, to reboot(2), as soon as this
  // process is killed.
  for (const pid of listAncestors(kernel.getpid(), (path) => reader.readText(path))) {
    kernel.kill(pid, "SIGSTOP");
    undo.push(() => kernel.kill(pid, "SIGCONT"));
  }
  kernel.pivotRoot(treePlace, `${treePlace}${OLD_ROOT}`);
  undo.push(() => kernel.pivotRoot(OLD_ROOT, `${OLD_ROOT}${treePlace}`));
}

/** The ancestors of a process, without PID 1: proc_pid_stat(5). */
function listAncestors(pid: number, readText: (path: string) => string): readonly number[] {
  const stat = readText(`/proc/${pid}/stat`);
  const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  return parent > 1 ? [parent, ...listAncestors(parent, readText)] : [];
}

/** Undoes all changes, the last one first. */
function giveUp(undo: readonly Undo[], problem: PivotProblem): Checked<undefined, PivotProblem> {
  for (const back of undo.toReversed()) attempt(back);
  return refuse(problem);
}
