import { expect, test } from "vitest";
import { detachHung } from "../../src/kinds/mount/detach-hung.ts";
import { buildGraph } from "../../src/teardown/graph/build-graph.ts";
import { makeDevice, makeMount, makeSnapshot } from "./core-builders.ts";

test("thousands of mounts on one that hung are detached with it in linear time", () => {
  const numbers = Array.from({ length: 10_000 }, (_, index) => index);
  const mounts = [
    makeMount(1, 0, "0:30", "/", "tmpfs"),
    makeMount(2, 1, "0:50", "/oldroot/nas", "nfs4", { source: "nas:/" }),
    ...numbers.map((n) => makeMount(n + 3, 2, `8:${n}`, `/oldroot/nas/${n}`, "ext4")),
  ];
  const devices = numbers.map((n) => makeDevice(`sd${n}`, `8:${n}`));
  const graph = buildGraph(makeSnapshot(mounts, devices));
  const start = performance.now();
  const hung = new Set(["mount:2"]);
  const detached = detachHung(graph, { perspective: "exitrd", serversEnded: true, hung });
  expect(performance.now() - start).toBeLessThan(3_000);
  const { backings } = detached.graph;
  expect(backings.get("mount:3")).toEqual(["mount:2"]);
  expect(backings.get("mount:2")).toHaveLength(10_001);
  expect(backings.get("mount:2")?.slice(0, 2)).toEqual(["block:8:0", "block:8:1"]);
});
