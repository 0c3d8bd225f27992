import type { DrawnStack } from "./drawn-stack.ts";
import type { Site } from "./site.ts";

/** Something that breaks below, in or next to a stack once it is complete. */
export interface Fault {
  /** Bash: causes the fault. */
  readonly inject: string;
  /** Bash: undoes it after the teardown, so that the next stack is not affected. */
  readonly mend?: string;
  /** The layers or partitions that it hits; empty if all can be released nevertheless. */
  readonly hits: readonly string[];
  /** A mount with a process in it that is frozen. */
  readonly frozenIn?: string;
}

/** How a kind of fault is added to a stack. */
export interface FaultKind {
  /** Called before all layers: offers them the part that will fail, numbered like a layer. */
  lay?(site: Site, number: number): boolean;
  /** Called after all layers; undefined if the stack has nothing that it could hit. */
  strike(site: Site, pick: number, number: number, drawn: DrawnStack): Fault | undefined;
}
