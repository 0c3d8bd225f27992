import type { Node } from "../../kinds/kinds.ts";
import { isApiMount } from "../../kinds/mount/node.ts";
import { clip, padRight, widthOf } from "../../text/columns.ts";
import { quote, showBytes } from "../../text/show-bytes.ts";
import { type Graph, getNode } from "../graph/graph.ts";
import type { NodeId } from "../graph/node.ts";
import type { Plan, PlannedStep, Stay } from "../plan/plan.ts";
import { describeNode, describeStep, isMute, listBackingNames, nameNode } from "./describe.ts";

const LINE_WIDTH = 80;
const STEP_WIDTH = 34;

/** The plan for people, lines of at most 80 columns: steps, what is left and why, cycles. */
export function renderPlanText(plan: Plan, graph: Graph<Node>): readonly string[] {
  const steps = plan.steps.map((planned, index) => renderStep(planned, index, plan, graph));
  return [
    ...(steps.length === 0 ? ["Nothing to release."] : steps),
    ...section("Stays:", renderStays(plan.stays, graph)),
    ...section("Cycles, which nothing here can break:", renderCycles(plan, graph)),
  ].map((line) => clip(line, LINE_WIDTH));
}

/** "  3  dm remove 'vg-root'              (linear, on cryptroot)" */
function renderStep(planned: PlannedStep, index: number, plan: Plan, graph: Graph<Node>): string {
  const number = String(index + 1).padStart(Math.max(3, String(plan.steps.length).length));
  const what = `(${describeStepNode(planned, graph)})`;
  const room = LINE_WIDTH - number.length - 3 - widthOf(what);
  const act = clip(describeStep(planned.step), Math.max(room, STEP_WIDTH));
  return `${number}  ${padRight(act, STEP_WIDTH)} ${what}`;
}

function describeStepNode({ step, node: id, also }: PlannedStep, graph: Graph<Node>): string {
  const node = getNode(graph, id);
  const parts = [describeNode(node, graph)];
  // The description of a mount already contains them.
  const on = node.kind === "mount" ? [] : listBackingNames(node, graph);
  if (on.length > 0) parts.push(`on ${on.join(", ")}`);
  if (step.kind === "umount" && step.lazy && !isApiMount(node)) parts.push("detached");
  if (also.length > 0) parts.push(`with ${also.length} below`);
  return parts.join(", ");
}

/** Nodes of exitrd itself are one line; hardware is listed only if something depends on it. */
function renderStays(stays: readonly Stay[], graph: Graph<Node>): readonly string[] {
  const used = new Set([...graph.backings.values()].flat());
  const own = stays.filter(({ reason }) => reason.kind === "own").length;
  const rows = stays.flatMap((stay) => renderStay(stay, graph, used));
  return own === 0 ? rows : [...rows, `${own} of exitrd's own`];
}

function renderStay(stay: Stay, graph: Graph<Node>, used: ReadonlySet<NodeId>): readonly string[] {
  const node = getNode(graph, stay.node);
  const name = padRight(quote(nameNode(node)), STEP_WIDTH);
  switch (stay.reason.kind) {
    case "own":
      return [];
    case "hardware":
      if (isMute(node)) return [`${name} (${node.kind}, does not answer)`];
      return used.has(stay.node) ? [`${name} (${node.kind})`] : [];
    case "mute":
      return [`${name} (does not answer)`];
    case "policy":
      return [`${name} (to be left)`];
    case "unknown-version":
      return [`${name} (driver ${showBytes(stay.reason.version)} is not known here)`];
    case "cycle":
      return [`${name} (part of a cycle)`];
    case "no-memory":
      return [`${name} (stays: not enough memory)`];
    case "no-tool":
      return [`${name} (stays: needs ${stay.reason.tool})`];
    case "held":
      return [`${name} (held by ${renderNames(stay.reason.by, graph)})`];
  }
}

function renderCycles(plan: Plan, graph: Graph<Node>): readonly string[] {
  return plan.cycles.map((cycle) => renderNames(cycle, graph));
}

function renderNames(ids: readonly NodeId[], graph: Graph<Node>): string {
  return ids.map((id) => quote(nameNode(getNode(graph, id)))).join(", ");
}

function section(title: string, rows: readonly string[]): readonly string[] {
  return rows.length === 0 ? [] : ["", title, ...rows.map((row) => `     ${row}`)];
}
