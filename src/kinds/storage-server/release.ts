import { refuseClaimed } from "../../execute/left/refuse-claimed.ts";
import { isEnded, terminate, waitForEnd } from "../../execute/processes/end-process.ts";
import type { Releaser } from "../../execute/step/releaser.ts";
import type { ProcessEnd } from "./model.ts";

const OWN_END_MS = 2_000;

/**
 * Ends a server once what it serves is released. Most servers then exit by themselves, and may have
 * to write their state before that.
 */
export const processEndReleaser: Releaser<ProcessEnd> = {
  perform(step, ports) {
    refuseClaimed(step.served, ports.kernel);
    if (!waitForEnd(step, OWN_END_MS, ports)) terminate(step, ports);
    return undefined;
  },
  isReleased: (step, reader) => isEnded(step, reader),
};
