import { isApiFileSystem, isCleanAfterShutdown } from "../../kinds/file-systems.ts";
import { arrangeBatches } from "../../kinds/mount/arrange-batches.ts";
import { nameMount } from "../../kinds/mount/node.ts";
import { runTask, runTasks, type TaskOutcome } from "../../observe/run-task.ts";
import { isSysError, trySys } from "../../port/sys-error.ts";
import type { Kernel } from "../../port/teardown.ts";
import type { NodeId } from "../../teardown/graph/node.ts";
import { mountNodeId } from "../../teardown/graph/node-id.ts";
import { listLeftStays } from "../../teardown/plan/list-left.ts";
import type { Holder } from "../../teardown/plan/outcome.ts";
import type { Plan } from "../../teardown/plan/plan.ts";
import type { SavedMount } from "../../teardown/plan/saved-mount.ts";
import type { RecordedMount } from "../../teardown/record/record.ts";
import type { Mount } from "../../teardown/snapshot/base.ts";
import type { View } from "../look.ts";
import type { Ports } from "../ports.ts";
import { findHolders } from "./holders.ts";
import { listKernelUsers } from "./kernel-users.ts";

/**
 * Saves what cannot be released: every file system that is left is synced and made read-only, and
 * its holders are reported. Independent file systems are handled in parallel, and each batch gets its
 * share of the time, so that one dead disk does not affect the others. `detached` are the mounts that
 * were saved and detached before.
 */
export function degrade(
  view: View,
  until: number,
  ports: Ports,
  detached: readonly RecordedMount[] = [],
): readonly SavedMount[] {
  const { kernel, reader, clock } = ports;
  const left = listLeft(view.plan);
  const batches = arrangeBatches(listMounts(left, view), view.graph);
  const mounts = batches.flatMap((batch) => batch.mounts);
  if (mounts.length === 0) return [];
  const find = mounts.map(
    ({ dev, id }) =>
      () =>
        JSON.stringify(findHolders({ dev, mountId: id }, ports)),
  );
  // A file system above that was not saved may still have data to write, also if it was detached.
  let isAboveSaved = detached.every(({ isSynced }) => isSynced);
  const outcomes = batches.flatMap(({ mounts: batch, isCycle }, index) => {
    const after = batches.length - index - 1;
    const mayShutDown = isAboveSaved && !isCycle;
    const actions = batch.map(
      ({ target, fsType }) =>
        () =>
          save(target, kernel, mayShutDown && isCleanAfterShutdown(fsType)),
    );
    const beside = after === 0 ? find : [];
    const ends = runTasks([...actions, ...beside], (until - clock.now()) / (after + 1), ports);
    isAboveSaved &&= ends.slice(0, batch.length).every(isSaved);
    return ends;
  });
  const listed = runTask(() => JSON.stringify(listKernelUsers(reader)), USERS_LIMIT_MS, ports);
  const layersOn = listLayers(left, view);
  const users = listed.kind === "done" ? (JSON.parse(listed.output) as readonly string[]) : [];
  return mounts.map((mount, index) => {
    const saved = outcomes[index];
    const output = saved?.kind === "done" ? saved.output : "";
    const node = mountNodeId(mount.id);
    const holders = readHolders(outcomes[mounts.length + index]);
    const layers = layersOn.get(node) ?? [];
    return {
      node,
      target: nameMount(mount),
      synced: saved !== undefined && isSaved(saved),
      readOnly: output.endsWith(READ_ONLY),
      shutDown: output === SHUT_DOWN,
      holders,
      modules: holders.length + layers.length === 0 ? users : [],
      layers,
    };
  });
}

const USERS_LIMIT_MS = 1_000;

const READ_ONLY = "read-only";

const SHUT_DOWN = "shut down";

const UNSYNCED = "not synced";

/**
 * Runs in a child: writes the data of a file system, then prevents further writes if possible. A
 * file system may be shut down only if everything above it is saved.
 */
export function save(
  target: string,
  kernel: Pick<Kernel, "syncFs" | "remountReadOnly" | "shutDown">,
  mayShutDown: boolean,
): string {
  // Data that cannot be written is no reason to leave the rest writable.
  const isSynced = trySys(() => kernel.syncFs(target)).ok;
  try {
    kernel.remountReadOnly(target);
    return isSynced ? READ_ONLY : `${UNSYNCED}, ${READ_ONLY}`;
  } catch (thrown) {
    if (!isSysError(thrown)) throw thrown;
    if (!isSynced) return UNSYNCED;
    // EINVAL if nothing is mounted there any more: the path leads to the file system below.
    if (thrown.code !== "EBUSY" || !mayShutDown) return "synced";
  }
  // EBUSY while a file is open for writing. No program that is still needed writes to it.
  try {
    kernel.shutDown(target);
    return SHUT_DOWN;
  } catch (thrown) {
    // It has been synced in any case.
    if (isSysError(thrown)) return "synced";
    throw thrown;
  }
}

/**
 * The nodes that should have been released but were not: failed steps, and nodes that the plan had
 * to leave.
 */
export function listLeft(plan: Plan): readonly NodeId[] {
  return [...plan.steps, ...listLeftStays(plan)].map(({ node }) => node);
}

/** Maps each backing of what is left to those of them that use it. */
function listLayers(left: readonly NodeId[], { graph }: View): ReadonlyMap<NodeId, NodeId[]> {
  const layers = new Map<NodeId, NodeId[]>();
  for (const id of left) {
    for (const backing of graph.backings.get(id) ?? []) {
      const list = layers.get(backing);
      if (list === undefined) layers.set(backing, [id]);
      else list.push(id);
    }
  }
  return layers;
}

/** API file systems have nothing to save. */
function listMounts(left: readonly NodeId[], { graph }: View): readonly Mount[] {
  return left.flatMap((id) => {
    const node = graph.nodes.get(id);
    return node?.kind === "mount" && !isApiFileSystem(node.mount.fsType) ? [node.mount] : [];
  });
}

function isSaved(outcome: TaskOutcome): boolean {
  return outcome.kind === "done" && !outcome.output.startsWith(UNSYNCED);
}

/** The answer of a child that looked for holders; none if it did not answer. */
export function readHolders(outcome: TaskOutcome | undefined): readonly Holder[] {
  if (outcome?.kind !== "done") return [];
  return JSON.parse(outcome.output) as readonly Holder[];
}
