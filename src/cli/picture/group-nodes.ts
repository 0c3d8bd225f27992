import { listBelowRoot } from "../../check/below-root.ts";
import { type Node, nodeKindOf } from "../../kinds/kinds.ts";
import { isApiMount } from "../../kinds/mount/node.ts";
import { type Graph, getNode } from "../../teardown/graph/graph.ts";
import type { NodeId } from "../../teardown/graph/node.ts";
import { describeNode, isMute, nameNode } from "../../teardown/report/describe.ts";
import type { PlanView, ProblemView, StepView } from "../../teardown/report/plan-view.ts";

export type BoxKind = "mount" | "layer" | "disk" | "api" | "own";

/** One node of the graph, or several similar ones. The texts are byte strings. */
export interface Group {
  readonly nodes: readonly NodeId[];
  readonly name: string;
  readonly what: string;
  readonly kind: BoxKind;
  readonly isMute: boolean;
  /** Why it stays although it should be released; "" otherwise. */
  readonly problem: string;
  /** Whether it stays only because of its holders. */
  readonly isHeld: boolean;
  /** The numbers of its steps and of the waves that they are in; empty if it stays. */
  readonly steps: readonly number[];
  readonly waves: readonly number[];
}

export interface GroupGraph {
  readonly groups: readonly Group[];
  /** Indices of holder and backing, each pair once. */
  readonly edges: readonly (readonly [holder: number, backing: number])[];
}

// A larger picture takes seconds to lay out and cannot be read anyway.
export const MOST_BOXES = 300;
const FEWEST_ALIKE = 3;

/**
 * The boxes of a picture: one per node, and one for all API mounts. If there are more than `most`,
 * nodes of the same kind on the same groups and with the same outcome share a box.
 */
export function groupNodes(graph: Graph<Node>, view: PlanView, most = MOST_BOXES): GroupGraph {
  const shown = [...graph.nodes.values()];
  const isMany = shown.filter((node) => !isApiMount(node)).length > most;
  const keys = findKeys(graph, view, isMany);
  const byKey = new Map<string, NodeId[]>();
  for (const node of shown) {
    const key = keys.get(node.id) ?? node.id;
    const members = byKey.get(key);
    if (members === undefined) byKey.set(key, [node.id]);
    else members.push(node.id);
  }
  const lists = [...byKey.entries()].flatMap(([key, ids]) =>
    ids.length < FEWEST_ALIKE && key !== API_KEY ? ids.map((id) => [id]) : [ids],
  );
  const indexOf = new Map<NodeId, number>();
  lists.forEach((ids, index) => {
    for (const id of ids) indexOf.set(id, index);
  });
  const facts = listFacts(view);
  const groups = lists.map((ids) => makeGroup(ids, graph, facts));
  return { groups, edges: listEdges(graph, indexOf) };
}

const API_KEY = "api";

/** Recurses to the disks: a node's key contains the keys of its backings. */
function findKeys(
  graph: Graph<Node>,
  view: PlanView,
  isMany: boolean,
): ReadonlyMap<NodeId, string> {
  const keys = new Map<NodeId, string>();
  const problems = new Set(view.problems.map(({ node }) => node));
  // The root's own stack is always drawn in full, since most readers look for it.
  const root = listBelowRoot(graph);
  const find = (id: NodeId, above: ReadonlySet<NodeId>): string => {
    const known = keys.get(id);
    // The second condition ends the recursion in a cycle.
    if (known !== undefined || above.has(id)) return known ?? id;
    const node = getNode(graph, id);
    const inner = new Set([...above, id]);
    const below = [
      ...new Set((graph.backings.get(id) ?? []).map((one) => find(one, inner))),
    ].sort();
    const type = node.kind === "mount" ? node.mount.fsType : node.kind;
    const fate = `${problems.has(id)} ${isMute(node)}`;
    const key =
      isMany && !root.has(id) ? hashText(`${node.kind} ${type} ${fate} ${below.join(" ")}`) : id;
    keys.set(id, key);
    return key;
  };
  for (const node of graph.nodes.values()) {
    if (isApiMount(node)) keys.set(node.id, API_KEY);
    else find(node.id, new Set());
  }
  return keys;
}

/** Keys contain other keys. Without hashing they would grow with the depth of the stack. */
function hashText(text: string): string {
  let [high, low] = [0x811c9dc5, 5381];
  for (let i = 0; i < text.length; i++) {
    high = Math.imul(high ^ text.charCodeAt(i), 0x01000193);
    low = (Math.imul(low, 33) + text.charCodeAt(i)) | 0;
  }
  return `#${(high >>> 0).toString(36)}${(low >>> 0).toString(36)}`;
}

interface Facts {
  readonly stepOf: ReadonlyMap<NodeId, StepView>;
  readonly problemOf: ReadonlyMap<NodeId, ProblemView>;
}

function listFacts({ steps, problems }: PlanView): Facts {
  return {
    stepOf: new Map(
      steps.flatMap((step) => [step.node, ...step.also].map((id) => [id, step] as const)),
    ),
    problemOf: new Map(problems.map((problem) => [problem.node, problem])),
  };
}

function makeGroup(ids: readonly NodeId[], graph: Graph<Node>, facts: Facts): Group {
  const [first] = ids.map((id) => getNode(graph, id));
  if (first === undefined) throw new Error("an empty group");
  const kind = findKind(first, facts);
  const found = ids.flatMap((id) => facts.stepOf.get(id) ?? []);
  const problems = ids.flatMap((id) => facts.problemOf.get(id) ?? []);
  // Causes first, consequences last.
  const [problem] = problems.sort((a, b) => Number(a.isHeld) - Number(b.isHeld));
  const count = ids.length;
  const type = first.kind === "mount" ? first.mount.fsType : first.kind;
  return {
    ...{ nodes: ids, kind, isMute: isMute(first) },
    ...{ problem: problem?.reason ?? "", isHeld: problem?.isHeld ?? false },
    name: count === 1 ? nameNode(first) : sayCount(count, kind, type),
    what: count === 1 ? describeOne(first, graph, facts) : sayRange(ids, graph),
    steps: unique(found.map(({ number }) => number)),
    waves: unique(found.map(({ wave }) => wave)),
  };
}

/**
 * A mount has the same text as its step, with the server; backings are not named, since they are
 * drawn.
 */
function describeOne(node: Node, graph: Graph<Node>, { stepOf }: Facts): string {
  const step = stepOf.get(node.id);
  return node.kind === "mount" && step !== undefined ? step.what : describeNode(node, graph);
}

function findKind(node: Node, { stepOf, problemOf }: Facts): BoxKind {
  // The annotation discards the type guard, which would exclude all mounts below.
  const isApi: boolean = isApiMount(node);
  if (isApi) return "api";
  if (stepOf.has(node.id) || problemOf.has(node.id)) {
    return node.kind === "mount" || node.kind === "swap" ? "mount" : "layer";
  }
  return nodeKindOf(node).isDevice ? "disk" : "own";
}

function sayCount(count: number, kind: BoxKind, type: string): string {
  if (kind === "api") return `${count} API mounts`;
  return `${count} \xc3\x97 ${type}`;
}

/** The first and the last name, "sda … sdzz". */
function sayRange(ids: readonly NodeId[], graph: Graph<Node>): string {
  const names = ids.map((id) => nameNode(getNode(graph, id))).sort();
  return `${names[0]} \xe2\x80\xa6 ${names.at(-1)}`;
}

function listEdges(graph: Graph<Node>, indexOf: ReadonlyMap<NodeId, number>): GroupGraph["edges"] {
  const seen = new Map<string, readonly [number, number]>();
  for (const [id, backings] of graph.backings) {
    const holder = indexOf.get(id);
    for (const backing of backings.map((one) => indexOf.get(one))) {
      if (holder === undefined || backing === undefined || holder === backing) continue;
      seen.set(`${holder} ${backing}`, [holder, backing]);
    }
  }
  return [...seen.values()];
}

function unique(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}
