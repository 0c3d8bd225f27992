import type { Effect } from "../../kinds/kinds.ts";
import type { Claims, Reader } from "../../port/teardown.ts";
import type { AnyStep } from "../../teardown/kind.ts";
import type { ActPorts } from "../ports.ts";

/** How the steps of one kind are performed and verified. Both run in a child and may block. */
export interface Releaser<S extends AnyStep> {
  /** Acts. Throws a `SysError`. A successful return proves nothing: `isReleased` does. */
  perform(step: S, ports: ActPorts): Effect | undefined;
  /** Reads the kernel's state again: is the node of the step gone? */
  isReleased(step: S, reader: Reader & Claims): boolean;
}

/**
 * Removes something that has no step of its own but would delay or block other steps. Runs in a
 * child before the first step of a round; if the kernel refuses, that is not a failure.
 */
export interface Preparation<S> {
  isNeeded(snapshot: S): boolean;
  /** Whether something is left of it before a later round. If absent, there is one attempt. */
  isNeededAgain?(snapshot: S): boolean;
  /** Calls `onProgress` at least once a second. */
  prepare(snapshot: S, ports: ActPorts, onProgress: () => void): void;
}
