import type { Failure, Holder } from "../../../src/teardown/plan/outcome.ts";

/** How one tear-down went, as take-apart.ts prints it. */
export interface Apart {
  /** Those that released something. */
  readonly steps: number;
  readonly tookMs: number;
  readonly failed: readonly { readonly step: string; readonly failure: Failure }[];
  /** Names of the devices that are still attached. */
  readonly left: readonly string[];
  /** The mounts that could not be released because no process was killed. */
  readonly kept: readonly { readonly target: string; readonly holders: readonly Holder[] }[];
}
