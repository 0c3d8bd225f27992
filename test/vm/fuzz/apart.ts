import type { Failure, Holder } from "../../../src/teardown/plan/outcome.ts";

/** The result of one teardown, as take-apart.ts prints it. */
export interface Apart {
  /** The number of rounds that released something. */
  readonly steps: number;
  readonly tookMs: number;
  /** The released objects with their times in milliseconds; only after an earlier failure. */
  readonly released?: readonly { readonly step: string; readonly endMs: number }[];
  /** The problems that the console would have shown; also only then. */
  readonly lines?: readonly string[];
  readonly failed: readonly { readonly step: string; readonly failure: Failure }[];
  /** Names of the devices that are still attached. */
  readonly left: readonly string[];
  /** The mounts that could not be released because no process was killed. */
  readonly kept: readonly { readonly target: string; readonly holders: readonly Holder[] }[];
}
