import { isRemote } from "../../kinds/file-systems.ts";
import { type Node, nodeKindOf } from "../../kinds/kinds.ts";
import { isApiMount } from "../../kinds/mount/node.ts";
import { quote, showBytes } from "../../text/show-bytes.ts";
import { type Graph, getNode } from "../graph/graph.ts";
import type { NodeId } from "../graph/node.ts";
import type { Plan, PlannedStep, Stay } from "../plan/plan.ts";
import { stepLimitMs } from "../plan/step-limit.ts";
import type { StepLimits } from "../settings/values.ts";
import { describeNode, describeStep, isMute, listBackingNames, nameNode } from "./describe.ts";
import { listRemaining, renderVerdict } from "./plan-verdict.ts";

/** A plan in words, for all forms in which it is shown. */
export interface PlanView {
  readonly isGood: boolean;
  /** One line, see `plan-verdict.ts`. */
  readonly verdict: string;
  readonly steps: readonly StepView[];
  /** The most steps that may run in parallel. */
  readonly most: number;
  /** What is not released although it should be, causes first. */
  readonly problems: readonly ProblemView[];
  /** The disks in use, which stay, in one sentence; "" if there are none. */
  readonly disks: string;
  /** All hardware in use, and what does not answer: names and kinds. */
  readonly hardware: readonly ProblemView[];
  /** How many nodes belong to exitrd itself. */
  readonly own: number;
}

export interface StepView {
  /** From 1. */
  readonly number: number;
  readonly node: NodeId;
  readonly also: readonly NodeId[];
  /** Steps of the same wave may run in parallel; from 1. */
  readonly wave: number;
  /** "umount '/srv'" */
  readonly act: string;
  /** "ext4 on vg-srv" */
  readonly what: string;
  readonly limitMs: number;
  readonly isApi: boolean;
  readonly isMute: boolean;
}

export interface ProblemView {
  readonly node: NodeId;
  readonly name: string;
  readonly reason: string;
  /** It is left only because of its holders. */
  readonly isHeld: boolean;
}

export function viewPlan(plan: Plan, graph: Graph<Node>, limits: StepLimits = new Map()): PlanView {
  const waves = findWaves(plan);
  const steps = plan.steps.map((planned, index): StepView => {
    const node = getNode(graph, planned.node);
    return {
      ...{ number: index + 1, node: planned.node, also: planned.also, wave: waves[index] ?? 1 },
      act: describeStep(planned.step),
      what: describeStepNode(planned, graph),
      limitMs: stepLimitMs(planned.step, limits),
      ...{ isApi: isApiMount(node), isMute: isMute(node) },
    };
  });
  return {
    isGood: listRemaining(plan).length === 0,
    verdict: renderVerdict(plan, graph),
    ...{ steps, most: countMost(steps) },
    problems: viewProblems(plan, graph),
    disks: sayDisks(listDisks(plan.stays, graph)),
    hardware: viewHardware(plan.stays, graph),
    own: plan.stays.filter(({ reason }) => reason.kind === "own").length,
  };
}

/** A step is in the wave after the last one of the steps that it waits for. */
function findWaves({ steps }: Plan): readonly number[] {
  const waves: number[] = [];
  for (const { after } of steps) {
    waves.push(1 + after.reduce((last, index) => Math.max(last, waves[index] ?? 0), 0));
  }
  return waves;
}

function countMost(steps: readonly StepView[]): number {
  const sizes = new Map<number, number>();
  for (const { wave } of steps) sizes.set(wave, (sizes.get(wave) ?? 0) + 1);
  return Math.max(0, ...sizes.values());
}

function describeStepNode({ step, node: id, also }: PlannedStep, graph: Graph<Node>): string {
  const node = getNode(graph, id);
  const parts = [describeNode(node, graph)];
  // The description of a mount already contains them.
  const on = node.kind === "mount" ? [] : listBackingNames(node, graph);
  if (on.length > 0) parts.push(`on ${on.join(", ")}`);
  if (node.kind === "mount" && isRemote(node.mount.fsType)) {
    parts[0] += ` of ${showBytes(node.mount.source)}`;
  }
  if (step.kind === "umount" && step.lazy && !isApiMount(node)) parts.push("detached");
  if (also.length > 0) parts.push(`with ${also.length} below`);
  return parts.join(", ");
}

function viewProblems(plan: Plan, graph: Graph<Node>): readonly ProblemView[] {
  return listRemaining(plan).map((stay) => {
    const node = getNode(graph, stay.node);
    const reason = describeReason(stay, plan, graph);
    return {
      ...{ node: stay.node, name: nameNode(node), reason },
      isHeld: stay.reason.kind === "held",
    };
  });
}

function viewHardware(stays: readonly Stay[], graph: Graph<Node>): readonly ProblemView[] {
  const used = new Set([...graph.backings.values()].flat());
  return stays.flatMap(({ node: id, reason }) => {
    const node = getNode(graph, id);
    if (reason.kind !== "hardware" || !(used.has(id) || isMute(node))) return [];
    return [{ node: id, name: nameNode(node), reason: describeNode(node, graph), isHeld: true }];
  });
}

function describeReason({ node, reason }: Stay, plan: Plan, graph: Graph<Node>): string {
  switch (reason.kind) {
    case "own":
    case "hardware":
    case "policy":
      throw new Error(`${node} stays on purpose`);
    case "mute":
      return "does not answer";
    case "unknown-version":
      return `unknown driver version ${showBytes(reason.version)}`;
    case "cycle": {
      const cycle = plan.cycles.find((ids) => ids.includes(node)) ?? [];
      return `in a cycle that exitrd cannot break: ${renderNames(cycle, graph)}`;
    }
    case "no-memory":
      return "not enough memory for its pages";
    case "no-tool":
      return `needs ${reason.tool}, which is not in the image`;
    case "held":
      return `held by ${renderNames(reason.by, graph)}`;
  }
}

function renderNames(ids: readonly NodeId[], graph: Graph<Node>): string {
  return ids.map((id) => quote(nameNode(getNode(graph, id)))).join(", ");
}

// More names would not help.
const MOST_DISKS = 8;

function sayDisks(names: readonly string[]): string {
  if (names.length === 0) return "";
  const shown = names.length > MOST_DISKS ? `${names.length} disks` : names.map(quote).join(", ");
  return `On ${shown}, which the kernel shuts down.`;
}

/** Whole disks, and partitions whose disk was not observed. */
function listDisks(stays: readonly Stay[], graph: Graph<Node>): readonly string[] {
  const used = new Set([...graph.backings.values()].flat());
  return stays.flatMap(({ node: id, reason }) => {
    const isWhole = (graph.backings.get(id) ?? []).length === 0;
    if (reason.kind !== "hardware" || !used.has(id) || !isWhole) return [];
    const node = getNode(graph, id);
    return nodeKindOf(node).isDevice && !isMute(node) ? [nameNode(node)] : [];
  });
}
