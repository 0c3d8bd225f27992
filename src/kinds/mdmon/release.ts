import type { ActPorts } from "../../execute/ports.ts";
import { type Ending, isEnded, terminate } from "../../execute/processes/end-process.ts";
import type { Releaser } from "../../execute/step/releaser.ts";
import { waitUntil } from "../../execute/step/wait-until.ts";
import { tryWrite } from "../../port/best-effort.ts";
import { attempt } from "../../port/sys-error.ts";
import { isMdClean } from "../md/protocol.ts";
import type { MdmonEnd } from "./model.ts";

// So long after its last write (md/safe_mode_delay, 4 s for IMSM) an array would
// become idle by itself, and its mdmon would mark it clean.
const CLEAN_LIMIT_MS = 10_000;

export const mdmonEndReleaser: Releaser<MdmonEnd> = {
  perform(step, ports) {
    endMdmon(step, ports);
    return undefined;
  },
  isReleased: (step, reader) => isEnded(processOf(step), reader),
};

/**
 * Ends the mdmon of a container whose root it runs from.
 *
 * Only mdmon writes the metadata: a volume that is written to after its end
 * waits for it for ever, and one that is dirty then is resynced at the next
 * boot. So the root becomes read-only first, and mdmon marks the volumes
 * clean before it ends.
 */
function endMdmon(step: MdmonEnd, ports: ActPorts): void {
  const { kernel, reader } = ports;
  for (const target of step.runsFrom) {
    kernel.syncFs(target);
    kernel.remountReadOnly(target);
  }
  const isClean = (volume: string): boolean => {
    const state = attempt(() => reader.readText(`/sys/block/${volume}/md/array_state`));
    if (state === undefined || isMdClean(state.trim())) return true;
    // Refused while anything is written. mdmon sees it, and ends only after
    // it has written to the metadata what it saw.
    tryWrite(`/sys/block/${volume}/md/array_state`, "clean", kernel);
    return false;
  };
  // Something still writes: an mdmon that lives serves it better than a dead one.
  if (!waitUntil(() => step.volumes.every(isClean), CLEAN_LIMIT_MS, ports)) return;
  terminate(processOf(step), ports);
}

function processOf({ pid, startTime }: MdmonEnd): Ending {
  return { pid, startTime, name: "mdmon" };
}
