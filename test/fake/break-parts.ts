import { GRAPHS, type Node, type Snapshot } from "../../src/kinds/kinds.ts";
import { mountNode } from "../../src/kinds/mount/model.ts";
import type { Reader } from "../../src/port/teardown.ts";
import type { KindGraph } from "../../src/teardown/kind.ts";

/**
 * The parts that make a view of the machine, each with a function that breaks it and returns one
 * that repairs it.
 */
export const BREAKS: Readonly<Record<"graph" | "plan", () => () => void>> = {
  graph() {
    const graphs = GRAPHS as KindGraph<Snapshot, Node>[];
    graphs.unshift({ nodes: fail });
    return () => graphs.shift();
  },
  plan() {
    const kind: { step?: unknown } = mountNode;
    const { step } = kind;
    kind.step = fail;
    return () => {
      kind.step = step;
    };
  },
};

/** Breaks observing, which begins with reading the kernel release. */
export function breakObserving(reader: Reader, answer: () => string = fail): void {
  reader.kernelRelease = answer;
}

function fail(): never {
  throw new TypeError("injected: a bug");
}
