import type { Node } from "../../kinds/kinds.ts";
import { isApiMount } from "../../kinds/mount/node.ts";
import { clip, padRight } from "../../text/columns.ts";
import { showBytes } from "../../text/show-bytes.ts";
import { type Graph, getNode } from "../graph/graph.ts";
import { listHolders } from "../graph/list-holders.ts";
import type { NodeId } from "../graph/node.ts";
import type { Plan } from "../plan/plan.ts";
import { describeNode, isMute, nameNode } from "./describe.ts";
import { divideColumns, WIDEST_PADDED } from "./divide-columns.ts";
import { viewPlan } from "./plan-view.ts";
import type { Shown } from "./render.ts";

// UTF-8, as all text here is: one character for each byte.
const BRANCH = "\xe2\x94\x9c\xe2\x94\x80 ";
const LAST = "\xe2\x94\x94\xe2\x94\x80 ";
const LINE = "\xe2\x94\x82  ";
const BLANK = "   ";
const GAP = 2;

interface Row {
  readonly name: string;
  readonly what: string;
  readonly step: string;
  readonly node: NodeId;
}

/**
 * Renders the stack as a tree, disks first, each node with the number of its step. A node on
 * several backings is shown in full below the first of them. API mounts are only counted.
 */
export function renderPlanTree(plan: Plan, graph: Graph<Node>, shown: Shown): readonly string[] {
  const view = viewPlan(plan, graph, shown.limits);
  const rows = listRows(plan, graph);
  const api = [...graph.nodes.values()].filter(isApiMount).length;
  const stepWidth = Math.max(0, ...rows.map(({ step }) => step.length));
  const [left, right] = divideColumns(
    rows.map(({ name }) => name),
    rows.map(({ what }) => what),
    stepWidth + 2 * GAP,
    shown.width,
  );
  const padded = Math.min(left, WIDEST_PADDED);
  const problems = new Set(view.problems.map(({ node }) => node));
  const lines = rows.map(({ name, what, step, node }) => {
    const line = `${step.padStart(stepWidth)}  ${padRight(clip(name, left), padded)}  ${clip(what, right)}`;
    if (problems.has(node)) return shown.paint("bad", line);
    return isMute(getNode(graph, node)) ? shown.paint("doubtful", line) : line;
  });
  const verdict = shown.paint(view.isGood ? "good" : "bad", view.verdict);
  const rest = api === 0 ? [] : ["", shown.paint("minor", `${api} API mounts are not shown.`)];
  return [verdict, "", ...lines, ...rest];
}

function listRows(plan: Plan, graph: Graph<Node>): readonly Row[] {
  const steps = numberSteps(plan);
  const holders = listHolders(graph);
  const seen = new Set<NodeId>();
  const rows: Row[] = [];
  // Without recursion: thousands of mounts may be stacked.
  const open: { readonly id: NodeId; readonly first: string; readonly rest: string }[] = [];
  const addTree = (lowest: NodeId): void => {
    open.push({ id: lowest, first: "", rest: "" });
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const { id, first, rest } = at;
      const node = getNode(graph, id);
      const isRepeated = seen.has(id);
      seen.add(id);
      rows.push({
        node: id,
        name: first + showBytes(nameNode(node)),
        what: isRepeated ? "(see above)" : describeNode(node, graph),
        step: steps.get(id) ?? "",
      });
      if (isRepeated) continue;
      const above = (holders.get(id) ?? []).filter((holder) => !isApiMount(getNode(graph, holder)));
      // The last one is added first, since the stack is taken from its end.
      above.toReversed().forEach((holder, index) => {
        const [branch, line] = index === 0 ? [LAST, BLANK] : [BRANCH, LINE];
        open.push({ id: holder, first: rest + branch, rest: rest + line });
      });
    }
  };
  // A cycle has no lowest node: nodes that were not reached come at the end.
  const nodes = [...graph.nodes.values()].filter((node) => !isApiMount(node));
  const lowest = nodes.filter(({ id }) => (graph.backings.get(id) ?? []).length === 0);
  for (const { id } of [...lowest, ...nodes]) if (!seen.has(id)) addTree(id);
  return rows;
}

/** Nodes that are released together have the same number. */
function numberSteps({ steps }: Plan): ReadonlyMap<NodeId, string> {
  const numbers = new Map<NodeId, string>();
  steps.forEach(({ node, also }, index) => {
    for (const id of [node, ...also]) numbers.set(id, String(index + 1));
  });
  return numbers;
}
