import { isEnded, terminate, waitForEnd } from "../../execute/processes/end-process.ts";
import type { Releaser } from "../../execute/step/releaser.ts";
import type { ProcessEnd } from "./model.ts";

const OWN_END_MS = 2_000;

/**
 * Ends a server whose file systems are unmounted. Most end by themselves then,
 * and may still have to write down what they know.
 */
export const processEndReleaser: Releaser<ProcessEnd> = {
  perform(step, ports) {
    if (!waitForEnd(step, OWN_END_MS, ports)) terminate(step, ports);
    return undefined;
  },
  isReleased: (step, reader) => isEnded(step, reader),
};
