import { isApiFileSystem } from "../../kinds/file-systems.ts";
import { arrangeWaves } from "../../kinds/mount/arrange-waves.ts";
import { runTasks, type TaskOutcome } from "../../observe/run-task.ts";
import type { Kernel } from "../../port/kernel.ts";
import { isSysError } from "../../port/sys-error.ts";
import type { NodeId } from "../../teardown/graph/node.ts";
import { mountNodeId } from "../../teardown/graph/node-id.ts";
import type { Kept } from "../../teardown/plan/kept.ts";
import type { Holder } from "../../teardown/plan/outcome.ts";
import type { Plan } from "../../teardown/plan/plan.ts";
import type { StayReason } from "../../teardown/plan/stay-reason.ts";
import type { Mount } from "../../teardown/snapshot/base.ts";
import type { View } from "../look.ts";
import type { Ports } from "../ports.ts";
import { findHolders } from "./holders.ts";
import { listKernelUsers } from "./kernel-users.ts";

/**
 * Saves what cannot be released: every file system left is synced and made
 * read-only, and whoever holds it is named; side by side as far as none lies on
 * the other, and each wave within its share of the time, since one dead disk must
 * not cost the others.
 */
export function degrade(view: View, until: number, ports: Ports): readonly Kept[] {
  const { kernel, reader, clock } = ports;
  const left = listLeft(view.plan);
  const waves = arrangeWaves(listMounts(left, view), view.graph);
  const mounts = waves.flat();
  const find = mounts.map(
    ({ dev, id }) =>
      () =>
        JSON.stringify(findHolders({ dev, mountId: id }, ports)),
  );
  const outcomes = waves.flatMap((wave, index) => {
    const after = waves.length - index - 1;
    const actions = wave.map(
      ({ target }) =>
        () =>
          save(target, kernel),
    );
    const beside = after === 0 ? find : [];
    return runTasks([...actions, ...beside], (until - clock.now()) / (after + 1), ports);
  });
  const users = listKernelUsers(reader);
  return mounts.map(({ id, target }, index) => {
    const saved = outcomes[index];
    const node = mountNodeId(id);
    const holders = readHolders(outcomes[mounts.length + index]);
    const layers = left.filter((other) => view.graph.backings.get(other)?.includes(node));
    return {
      node,
      target,
      synced: saved?.kind === "done",
      readOnly: saved?.kind === "done" && saved.output === READ_ONLY,
      holders,
      modules: holders.length + layers.length === 0 ? users : [],
      layers,
    };
  });
}

const READ_ONLY = "read-only";

function save(target: string, kernel: Kernel): string {
  kernel.syncFs(target);
  try {
    kernel.remountReadOnly(target);
    return READ_ONLY;
  } catch (thrown) {
    // EBUSY while a file is open for writing; synced it is all the same.
    if (isSysError(thrown)) return "synced";
    throw thrown;
  }
}

/** What was to go and did not: steps not done, and what the plan had to leave. */
export function listLeft(plan: Plan): readonly NodeId[] {
  const stays = plan.stays.filter(({ reason }) => isLeft(reason)).map(({ node }) => node);
  return [...plan.steps.map(({ node }) => node), ...stays];
}

function isLeft(reason: StayReason): boolean {
  switch (reason.kind) {
    case "own":
    case "hardware":
      return false;
    case "held":
    case "cycle":
    case "mute":
    case "no-memory":
    case "no-tool":
    case "policy":
    case "unknown-version":
      return true;
  }
}

/** On API file systems there is nothing to save. */
function listMounts(left: readonly NodeId[], { graph }: View): readonly Mount[] {
  return left.flatMap((id) => {
    const node = graph.nodes.get(id);
    return node?.kind === "mount" && !isApiFileSystem(node.mount.fsType) ? [node.mount] : [];
  });
}

function readHolders(outcome: TaskOutcome | undefined): readonly Holder[] {
  if (outcome?.kind !== "done") return [];
  return JSON.parse(outcome.output) as readonly Holder[];
}
