import type { Node } from "../kinds/kinds.ts";
import { type Graph, getNode } from "../teardown/graph/graph.ts";
import type { NodeId } from "../teardown/graph/node.ts";
import type { Plan } from "../teardown/plan/plan.ts";
import type { StayReason } from "../teardown/plan/stay-reason.ts";
import { stepLimitMs } from "../teardown/plan/step-limit.ts";
import { describeStep, nameNode } from "../teardown/report/describe.ts";
import { listRemaining, renderVerdict } from "../teardown/report/plan-verdict.ts";
import type { StepLimits } from "../teardown/settings/values.ts";

/** A plan as values: each node with its name. Steps are numbered from 1, as in the text. */
export function listPlanFacts(plan: Plan, graph: Graph<Node>, limits: StepLimits) {
  const name = (id: NodeId) => describe(id, graph);
  const remaining = new Set(listRemaining(plan));
  return {
    ok: remaining.size === 0,
    verdict: renderVerdict(plan, graph),
    steps: plan.steps.map(({ step, node, also, after }, index) => ({
      number: index + 1,
      description: describeStep(step),
      step,
      node: name(node),
      also: also.map(name),
      after: after.map((before) => before + 1),
      limitMs: stepLimitMs(step, limits),
    })),
    stays: plan.stays.map((stay) => ({
      node: name(stay.node),
      reason: describeReason(stay.reason, name),
      isProblem: remaining.has(stay),
    })),
    cycles: plan.cycles.map((cycle) => cycle.map(name)),
  };
}

function describe(id: NodeId, graph: Graph<Node>) {
  const node = getNode(graph, id);
  return { id, kind: node.kind, name: nameNode(node) };
}

function describeReason(reason: StayReason, name: (id: NodeId) => ReturnType<typeof describe>) {
  return {
    kind: reason.kind,
    heldBy: reason.kind === "held" ? reason.by.map(name) : [],
    tool: reason.kind === "no-tool" ? reason.tool : null,
    version: reason.kind === "unknown-version" ? reason.version : null,
  };
}
