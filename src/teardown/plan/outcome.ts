import type { Effect, Step } from "../../kinds/kinds.ts";
import type { NodeId } from "../graph/node.ts";

/** A process, or the kernel itself, that keeps something busy. */
export interface Holder {
  readonly pid: number;
  readonly command: string;
  /** How it does so: an open file, its working directory, … */
  readonly by: "fd" | "cwd" | "root" | "exe" | "mmap" | "namespace";
  readonly path: string;
}

/** Why a step did not release its node. Only the report turns it into a sentence. */
export type Failure =
  | { readonly kind: "busy"; readonly holders: readonly Holder[] }
  | {
      readonly kind: "error";
      readonly syscall: string;
      readonly code: string;
      /** What the code means, for example `Structure needs cleaning`. */
      readonly words: string;
    }
  /** The call succeeded, but the kernel still has it. */
  | { readonly kind: "still-there" }
  /** No answer within the time limit; the child was abandoned. */
  | { readonly kind: "hung"; readonly limitMs: number }
  /** The child died without an answer. */
  | { readonly kind: "crashed"; readonly signal: number };

/** The result of one step. Times in milliseconds since PID 1 started. */
export type Outcome =
  | {
      readonly kind: "released";
      readonly step: Step;
      readonly node: NodeId;
      readonly startMs: number;
      readonly tookMs: number;
      readonly effect?: Effect;
    }
  | {
      readonly kind: "failed";
      readonly step: Step;
      readonly node: NodeId;
      readonly startMs: number;
      readonly tookMs: number;
      readonly failure: Failure;
    };
