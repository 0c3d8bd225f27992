import fc from "fast-check";
import { expect, test } from "vitest";
import type { Snapshot } from "../../src/kinds/kinds.ts";
import { buildGraph } from "../../src/teardown/graph/build-graph.ts";
import type { NodeId } from "../../src/teardown/graph/node.ts";
import { makePlan } from "../../src/teardown/plan/make-plan.ts";
import type { Plan } from "../../src/teardown/plan/plan.ts";
import type { Perspective } from "../../src/teardown/plan/policy.ts";
import { renderPlanText } from "../../src/teardown/report/render.ts";
import { renderPlanTree } from "../../src/teardown/report/render-tree.ts";
import { parseSnapshot, stringifySnapshot } from "../../src/teardown/snapshot/snapshot-text.ts";
import { widthOf } from "../../src/text/columns.ts";
import { paintNothing } from "../../src/text/paint.ts";
import { makeDevice, makeDm, makeMount, makeSnapshot } from "../unit/core-builders.ts";
import { stack } from "./core-generators.ts";

const perspective = fc.constantFrom<Perspective>("exitrd", "running");

function planOf(snapshot: Snapshot, from: Perspective) {
  const graph = buildGraph(snapshot);
  return { graph, plan: makePlan(graph, { perspective: from }) };
}

/** Maps each node to the index of the step that releases it. */
function placesOf(plan: Plan): ReadonlyMap<NodeId, number> {
  return new Map(
    plan.steps.flatMap(({ node, also }, place) =>
      [node, ...also].map((id) => [id, place] as const),
    ),
  );
}

test("every node is released by exactly one step, or stays", () => {
  fc.assert(
    fc.property(stack, perspective, (snapshot, from) => {
      const { graph, plan } = planOf(snapshot, from);
      const released = plan.steps.flatMap(({ node, also }) => [node, ...also]);
      const all = [...released, ...plan.stays.map(({ node }) => node)].sort();
      expect(all).toEqual([...graph.nodes.keys()]);
    }),
  );
});

test("every step comes after the steps of all holders, and waits for them", () => {
  fc.assert(
    fc.property(stack, perspective, (snapshot, from) => {
      const { graph, plan } = planOf(snapshot, from);
      const places = placesOf(plan);
      for (const [holder, backings] of graph.backings) {
        for (const backing of backings) {
          const first = places.get(holder);
          const second = places.get(backing);
          if (first === undefined || second === undefined || first === second) continue;
          expect(plan.steps[second]?.after).toContain(first);
        }
      }
      plan.steps.forEach(({ after }, place) => {
        expect(after.every((earlier) => earlier < place)).toBe(true);
      });
    }),
  );
});

test("no backing of a node that stays is released, except PID 1's own mount point", () => {
  fc.assert(
    fc.property(stack, (snapshot) => {
      const { graph, plan } = planOf(snapshot, "exitrd");
      const places = placesOf(plan);
      for (const { node, reason } of plan.stays) {
        if (reason.kind === "hardware") continue;
        for (const backing of graph.backings.get(node) ?? [])
          expect(places.has(backing)).toBe(false);
      }
    }),
  );
});

test("a stack without cycles is released completely, except hardware and PID 1's own mounts", () => {
  fc.assert(
    fc.property(stack, (snapshot) => {
      const { plan } = planOf(snapshot, "exitrd");
      expect(plan.cycles).toEqual([]);
      const kinds = new Set(plan.stays.map(({ reason }) => reason.kind));
      expect([...kinds].filter((kind) => kind === "cycle" || kind === "held")).toEqual([]);
    }),
  );
});

test("the order of the snapshot's lists makes no difference", () => {
  const shuffled = stack.chain((snapshot) =>
    fc.tuple(
      fc.constant(snapshot),
      fc.shuffledSubarray([...snapshot.mounts], { minLength: snapshot.mounts.length }),
      fc.shuffledSubarray([...snapshot.devices], { minLength: snapshot.devices.length }),
    ),
  );
  fc.assert(
    fc.property(shuffled, perspective, ([snapshot, mounts, devices], from) => {
      const { plan } = planOf({ ...snapshot, mounts, devices }, from);
      expect(plan).toEqual(planOf(snapshot, from).plan);
    }),
  );
});

test("any snapshot, even with cycles, has a plan that can be rendered", () => {
  const id = fc.nat({ max: 9 });
  const place = fc.constantFrom("/", "/oldroot", "/oldroot/a", "/run", "/run/b", "/oldroot/a/c");
  const type = fc.constantFrom("ext4", "tmpfs", "overlay", "proc");
  const options = fc.constantFrom("rw", "lowerdir=/a:/oldroot/a/c", "upperdir=/run/b");
  const mount = fc
    .tuple(id, id, id, place, type, options)
    .map(([own, parent, dev, target, fsType, option]) =>
      makeMount(own, parent, `253:${dev}`, target, fsType, { superOptions: [option] }),
    );
  const device = fc
    .tuple(id, fc.array(id, { maxLength: 2 }), fc.nat({ max: 3 }))
    .map(([own, below, kind]) => {
      const loop = { backingFile: "/oldroot/a/x", backingDev: `253:${below[0] ?? 0}` };
      const kinds = [
        { dm: makeDm(`n${own}`, "linear") },
        { loop: { ...loop, autoclear: false } },
        { partitionOf: `d${below[0] ?? 0}` },
        {},
      ];
      return makeDevice(
        `d${own}`,
        `253:${own}`,
        below.map((slave) => `d${slave}`),
        kinds[kind],
      );
    });
  const unique = { maxLength: 9 };
  fc.assert(
    fc.property(
      fc.uniqueArray(mount, { ...unique, selector: (item) => item.id }),
      fc.uniqueArray(device, { ...unique, selector: (item) => item.dev }),
      perspective,
      (mounts, devices, from) => {
        const { graph, plan } = planOf(makeSnapshot(mounts, devices), from);
        const released = plan.steps.flatMap(({ node, also }) => [node, ...also]);
        expect([...released, ...plan.stays.map(({ node }) => node)].sort()).toEqual([
          ...graph.nodes.keys(),
        ]);
        const shown = { width: 80, paint: paintNothing, limits: new Map(), all: false };
        // The verdict is never clipped.
        for (const line of renderPlanText(plan, graph, shown).slice(1)) {
          expect(widthOf(line)).toBeLessThanOrEqual(80);
        }
        expect(renderPlanTree(plan, graph, shown).length).toBeGreaterThan(0);
      },
    ),
    { numRuns: 1000 },
  );
});

test("a snapshot is parsed to what was written", () => {
  fc.assert(
    fc.property(stack, (snapshot) => {
      expect(parseSnapshot(stringifySnapshot(snapshot))).toEqual(snapshot);
    }),
  );
});

test("a stack of 100,000 layers is planned without overflowing", () => {
  const devices = Array.from({ length: 100_000 }, (_, i) =>
    makeDevice(`dm-${i}`, `253:${i}`, i === 0 ? [] : [`dm-${i - 1}`], {
      dm: makeDm(`v${i}`, "linear"),
    }),
  );
  const mounts = Array.from({ length: 100_000 }, (_, i) =>
    makeMount(i + 2, i + 1, "0:1", `/m${i}`, "ext4"),
  );
  const { plan } = planOf(makeSnapshot(mounts, devices), "exitrd");
  expect(plan.steps).toHaveLength(200_000);
  const ring = devices.map((device, i) => (i === 0 ? { ...device, slaves: ["dm-99999"] } : device));
  expect(planOf(makeSnapshot([], ring), "exitrd").plan.cycles[0]).toHaveLength(100_000);
}, 120_000);
