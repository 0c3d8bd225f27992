import type { Effect } from "../../kinds/kinds.ts";
import type { Claims, Reader } from "../../port/teardown.ts";
import type { AnyStep } from "../../teardown/kind.ts";
import type { ActPorts } from "../ports.ts";

/** How the steps of one kind are done, and what proves it. Both run in a child and may block. */
export interface Releaser<S extends AnyStep> {
  /** Acts. Throws a `SysError`; returning proves nothing, `isReleased` does. */
  perform(step: S, ports: ActPorts): Effect | undefined;
  /** Reads the kernel's state again: is what the step was to release gone? */
  isReleased(step: S, reader: Reader & Claims): boolean;
}

/**
 * Removes what would delay or block steps although nothing that has a step is in their way. Runs
 * in a child before the first step; a refusal is not a failure.
 */
export interface Preparation<S> {
  isNeeded(snapshot: S): boolean;
  prepare(snapshot: S, ports: ActPorts): void;
}
