import type { ActPorts } from "../../execute/ports.ts";
import { type Ending, isEnded, terminate } from "../../execute/processes/end-process.ts";
import type { Releaser } from "../../execute/step/releaser.ts";
import { waitUntil } from "../../execute/step/wait-until.ts";
import { tryWrite } from "../../port/best-effort.ts";
import { attempt, type SysError, throwLossFirst } from "../../port/sys-error.ts";
import type { Effect } from "../kinds.ts";
import { isMdClean } from "../md/protocol.ts";
import { findLoss } from "../mount/release.ts";
import type { MdmonEnd } from "./model.ts";

// Without a request, an array becomes idle some time after its last write (md/safe_mode_delay, 4 s
// for IMSM), and its mdmon marks it clean.
const CLEAN_LIMIT_MS = 10_000;

export const mdmonEndReleaser: Releaser<MdmonEnd> = {
  perform: endMdmon,
  isReleased: (step, reader) => isEnded(processOf(step), reader),
};

/**
 * Ends an mdmon that runs from the root, for a root that is on a volume of its container.
 *
 * Only mdmon writes the metadata: a write to a volume after it has exited would block for ever, and a
 * dirty volume would be resynced at the next boot. The root therefore becomes read-only first, and
 * mdmon marks the volumes clean before it exits.
 */
function endMdmon(step: MdmonEnd, ports: ActPorts): Effect | undefined {
  const { kernel, reader } = ports;
  let loss: SysError | undefined;
  for (const target of step.runsFrom) {
    // The unmount does not see the error again, since syncfs(2) returns it once.
    loss = findLoss(target, kernel) ?? loss;
    throwLossFirst(loss, () => kernel.remountReadOnly(target));
  }
  const isClean = (volume: string): boolean => {
    const state = attempt(() => reader.readText(`/sys/block/${volume}/md/array_state`));
    if (state === undefined || isMdClean(state.trim())) return true;
    // Refused while data is written. mdmon notices the change and writes it to the metadata before
    // it exits.
    tryWrite(`/sys/block/${volume}/md/array_state`, "clean", kernel);
    return false;
  };
  // If not, something still writes, and needs a running mdmon.
  if (waitUntil(() => step.volumes.every(isClean), CLEAN_LIMIT_MS, ports)) {
    terminate(processOf(step), ports);
  }
  return loss === undefined ? undefined : "data-lost";
}

function processOf({ pid, startTime }: MdmonEnd): Ending {
  return { pid, startTime, name: "mdmon" };
}
