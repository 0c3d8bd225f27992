import { expect, test } from "vitest";
import { arrangeBatches } from "../../src/kinds/mount/arrange-batches.ts";
import { buildGraph } from "../../src/teardown/graph/build-graph.ts";
import type { Graph } from "../../src/teardown/graph/graph.ts";
import type { Mount } from "../../src/teardown/snapshot/base.ts";
import { makeDevice, makeLoop, makeMount, makeSnapshot } from "./core-builders.ts";

function listTargets(mounts: readonly Mount[], graph: Graph) {
  return arrangeBatches(mounts, graph).map((batch) => batch.mounts.map(({ target }) => target));
}

const own = [makeMount(1, 0, "0:30", "/", "tmpfs")];

test("a file system is saved before those below it, directly or indirectly", () => {
  const mounts = [
    makeMount(10, 1, "8:1", "/oldroot", "xfs"),
    makeMount(11, 10, "8:2", "/oldroot/data", "ext4"),
    makeMount(12, 10, "0:40", "/oldroot/over", "overlay", {
      superOptions: [
        "rw",
        "lowerdir=/oldroot/low",
        "upperdir=/oldroot/up",
        "workdir=/oldroot/work",
      ],
    }),
    makeMount(13, 12, "7:0", "/oldroot/over/image", "ext4"),
    makeMount(14, 10, "7:0", "/oldroot/image", "ext4"),
  ];
  const devices = [
    makeDevice("sda1", "8:1"),
    makeDevice("sda2", "8:2"),
    makeLoop("loop0", "7:0", "/oldroot/over/image.img", "0:40"),
  ];
  const graph = buildGraph(makeSnapshot([...own, ...mounts], devices));
  expect(listTargets(mounts, graph)).toEqual([
    ["/oldroot/data", "/oldroot/over/image"],
    ["/oldroot/over"],
    ["/oldroot"],
  ]);
});

test("the file systems of a cycle are saved together, after those above them", () => {
  const mounts = [
    makeMount(10, 1, "7:0", "/a", "ext4"),
    makeMount(11, 1, "7:1", "/b", "ext4"),
    makeMount(12, 10, "8:1", "/a/on-it", "ext4"),
  ];
  const devices = [
    makeLoop("loop0", "7:0", "/b/a.img", "7:1"),
    makeLoop("loop1", "7:1", "/a/b.img", "7:0"),
    makeDevice("sda1", "8:1"),
  ];
  const graph = buildGraph(makeSnapshot([...own, ...mounts], devices));
  expect(listTargets(mounts, graph)).toEqual([["/a/on-it"], ["/a", "/b"]]);
  expect(arrangeBatches(mounts, graph).map(({ isCycle }) => isCycle)).toEqual([false, true]);
});

test("of several mounts of one file system, the first one is saved, which was tried", () => {
  const mounts = [
    makeMount(11, 10, "8:1", "/oldroot/bound", "ext4", { root: "/folder" }),
    makeMount(10, 1, "8:1", "/oldroot", "ext4"),
  ];
  const graph = buildGraph(makeSnapshot([...own, ...mounts], [makeDevice("sda1", "8:1")]));
  expect(arrangeBatches(mounts, graph)).toEqual([{ mounts: [mounts[0]], isCycle: false }]);
});

test("what is below a cycle comes after it, and what is independent of it comes first", () => {
  const mounts = [
    makeMount(10, 13, "7:0", "/c/a", "ext4"),
    makeMount(11, 1, "7:1", "/b", "ext4"),
    makeMount(12, 1, "8:1", "/other", "ext4"),
    makeMount(13, 1, "8:2", "/c", "ext4"),
  ];
  const devices = [
    makeLoop("loop0", "7:0", "/b/a.img", "7:1"),
    makeLoop("loop1", "7:1", "/c/a/b.img", "7:0"),
    makeDevice("sda1", "8:1"),
    makeDevice("sda2", "8:2"),
  ];
  const graph = buildGraph(makeSnapshot([...own, ...mounts], devices));
  expect(listTargets(mounts, graph)).toEqual([["/other"], ["/c/a", "/b"], ["/c"]]);
});
