import type { Node } from "../../kinds/kinds.ts";
import type { Graph } from "../../teardown/graph/graph.ts";
import type { Plan } from "../../teardown/plan/plan.ts";
import { viewPlan } from "../../teardown/report/plan-view.ts";
import type { StepLimits } from "../../teardown/settings/values.ts";
import { groupNodes } from "./group-nodes.ts";
import { renderHtml } from "./render-html.ts";
import { renderSvg } from "./render-svg.ts";

export function drawSvg(plan: Plan, graph: Graph<Node>, limits: StepLimits, title: string): string {
  return renderSvg(groupNodes(graph, viewPlan(plan, graph, limits)), title);
}

export function drawHtml(
  plan: Plan,
  graph: Graph<Node>,
  limits: StepLimits,
  title: string,
): string {
  const view = viewPlan(plan, graph, limits);
  return renderHtml(groupNodes(graph, view), view, title);
}
