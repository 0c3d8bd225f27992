import { describe, expect, test } from "vitest";
import { arrangeBatches } from "../../src/kinds/mount/arrange-batches.ts";
import { listHidden } from "../../src/kinds/mount/hidden.ts";
import { buildGraph } from "../../src/teardown/graph/build-graph.ts";
import { listServed } from "../../src/teardown/plan/list-served.ts";
import { makePlan } from "../../src/teardown/plan/make-plan.ts";
import { renderPlanTree } from "../../src/teardown/report/render-tree.ts";
import { FakeMachine } from "../fake/fake-machine.ts";
import { failOn, runTakeDown } from "../fake/run-take-down.ts";
import { API } from "../fake/stacks.ts";
import { sysError } from "../fake/sys-error.ts";
import { makeMount, makeSnapshot } from "./core-builders.ts";

const DEPTH = 5_000;
// Its text is quadratic.
const TREE_DEPTH = 3_000;
// A quadratic algorithm in PID 1 would take far longer, in an interpreter, with its memory locked.
const LIMIT_MS = 3_000;

function measure<T>(call: () => T): T {
  const start = performance.now();
  const result = call();
  expect(performance.now() - start).toBeLessThan(LIMIT_MS);
  return result;
}

describe("thousands of mounts stacked on one another", () => {
  const stack = (count: number) =>
    Array.from({ length: count }, (_, n) =>
      makeMount(n + 2, n + 1, `0:${n + 100}`, "/oldroot", "nfs4", { source: "nas:/" }),
    );
  const own = makeMount(1, 0, "0:30", "/", "tmpfs");
  const stacked = stack(DEPTH);
  const mounts = [own, ...stacked];
  const graph = measure(() => buildGraph(makeSnapshot(mounts)));
  const plan = makePlan(graph, { perspective: "exitrd" });

  test("are planned in time, even if the lowest hung", () => {
    const hung = new Set(["mount:2"]);
    const policy = { perspective: "exitrd", serversEnded: true, hung, stuck: hung } as const;
    expect(measure(() => makePlan(graph, policy)).steps).toHaveLength(1);
    expect(plan.steps).toHaveLength(DEPTH);
  });

  test("are arranged in time to be saved, the topmost first", () => {
    const batches = measure(() => arrangeBatches(stacked, graph));
    expect(batches).toHaveLength(DEPTH);
    expect(batches[0]?.mounts).toEqual([stacked.at(-1)]);
  });

  test("hold a swap file in time", () => {
    const swap = { path: "/oldroot/swap", type: "file", sizeKib: 8, usedKib: 4 } as const;
    const more = [own, ...stack(2 * DEPTH)];
    const { backings } = measure(() => buildGraph(makeSnapshot(more, [], [swap])));
    expect(backings.get("swap:/oldroot/swap")).toEqual([`mount:${2 * DEPTH}`]);
  });

  test("are searched for hidden ones without recursion", () => {
    const count = 4 * DEPTH;
    const api = [own, ...stack(count)].map((mount) => ({ ...mount, fsType: "tmpfs" }));
    const below = makeMount(count + 9, count + 1, "8:1", "/oldroot/data", "ext4");
    expect(measure(() => listHidden([...api, below], "/tree"))).toEqual(["/oldroot/data"]);
  });

  test("above one that waits for a server are found in time", () => {
    // Holders have smaller ids than their backings.
    const upside = stacked.map((mount, n) => ({
      ...mount,
      ...{ id: 20_000 - n, parentId: n === 0 ? 1 : 20_001 - n },
      fsType: n === 0 ? "nfs4" : "ext4",
    }));
    const turned = buildGraph(makeSnapshot([own, ...upside]));
    const made = makePlan(turned, { perspective: "exitrd" });
    expect(measure(() => listServed(made, turned)).size).toBe(DEPTH);
  });

  test("are released, and if the topmost is busy, the rest is left", () => {
    const makeMachine = () =>
      new FakeMachine({
        mounts: [
          ...API,
          ...stack(DEPTH).map((mount) => ({
            ...mount,
            id: mount.id + 9,
            parentId: mount.parentId + 9,
          })),
        ],
      });
    expect(runTakeDown(makeMachine()).left).toEqual([]);
    const busy = makeMachine();
    failOn(busy, "umount /oldroot", () => sysError("umount2", "EBUSY"));
    expect(runTakeDown(busy).account.mounts).toHaveLength(DEPTH);
  });

  test("are drawn as a tree without recursion", () => {
    const graph = buildGraph(makeSnapshot(stack(TREE_DEPTH)));
    const plan = makePlan(graph, { perspective: "exitrd" });
    const shown = {
      width: 80,
      all: false,
      limits: new Map(),
      paint: (_: string, text: string) => text,
    };
    expect(renderPlanTree(plan, graph, shown)).toHaveLength(TREE_DEPTH + 2);
  });
});
