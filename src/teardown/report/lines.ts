import { type Node, nodeKindOf, stepKindOf } from "../../kinds/kinds.ts";
import { clip, padRight, widthOf } from "../../text/columns.ts";
import { quote, showBytes } from "../../text/show-bytes.ts";
import { type Graph, getNode } from "../graph/graph.ts";
import type { NodeId } from "../graph/node.ts";
import type { Holder, Outcome } from "../plan/outcome.ts";
import type { Plan, PlannedStep, Stay } from "../plan/plan.ts";
import type { SavedMount } from "../plan/saved-mount.ts";
import type { StayReason } from "../plan/stay-reason.ts";
import type { Verb } from "../verb.ts";
import { describeKind, describeStep, isMute, listBackingNames, nameNode } from "./describe.ts";
import { describeHolder, failureLine } from "./failure.ts";
import { formatDuration, formatMoment } from "./format-time.ts";

/** The lines on the console while storage is released: 80 columns unless names are long. */

const LINE_WIDTH = 80;
const STEP_WIDTH = 28;
// The width for step and node, next to "exitrd:   0.021 s  ", the gaps and the time.
const BODY_WIDTH = 51;
const TIME_WIDTH = 9;
// A long line is better than half a name, but not for a path of 4,096 bytes.
const MAX_NAME_WIDTH = 80;

/** "exitrd: releasing 3 layers and 4 API mounts, then poweroff" */
export function startLine(plan: Plan, graph: Graph<Node>, verb: Verb): string {
  const nodes = plan.steps.map(({ node }) => getNode(graph, node));
  const api = nodes.filter((node) => countsAs(node) === "api-mount").length;
  const layers = countThings(countLayers(plan, graph), "layer");
  const mounts = api === 0 ? "" : ` and ${countThings(api, "API mount")}`;
  return `exitrd: releasing ${layers}${mounts}, then ${verb}`;
}

/** How many layers of storage a plan releases. */
export function countLayers({ steps }: Plan, graph: Graph<Node>): number {
  return steps.filter(({ node }) => countsAs(getNode(graph, node)) === "layer").length;
}

/** Nodes that did not answer: "exitrd: cannot observe 'vg-pool': no answer, ignoring". */
export function muteLines(graph: Graph<Node>): readonly string[] {
  const mute = [...graph.nodes.values()].filter(
    // A gate and an mdmon belong to a device that has its own node.
    (node) => isMute(node) && node.kind !== "gate" && node.kind !== "mdmon",
  );
  return mute.map((node) => `exitrd: cannot observe ${quote(nameNode(node))}: no answer, ignoring`);
}

/** The result of one step: a row of the record, or why it failed. */
export function outcomeLine(outcome: Outcome, graph: Graph<Node>): string {
  if (outcome.kind === "failed") return failureLine(outcome.step, outcome.failure);
  const node = getNode(graph, outcome.node);
  const what = describeReleased(node, outcome, graph);
  return formatRow(describeStep(outcome.step), what, outcome.startMs, outcome.tookMs);
}

/** A row of the record: the action, its object, when and how long. */
export function formatRow(act: string, what: string, startMs: number, tookMs: number): string {
  const left = padRight(clip(act, MAX_NAME_WIDTH), STEP_WIDTH);
  const body = padRight(`${left} ${clip(what, MAX_NAME_WIDTH)}`, BODY_WIDTH);
  return `exitrd: ${formatMoment(startMs)} s  ${body}${formatDuration(tookMs).padStart(TIME_WIDTH)}`;
}

type Released = Extract<Outcome, { readonly kind: "released" }>;

/** Describes a released node, and the side effects of releasing it. */
function describeReleased(node: Node, { step, effect }: Released, graph: Graph<Node>): string {
  // A node that was released has answered, even if it did not when it was observed.
  const what = describeKind(node, graph);
  const lost = effect === "data-lost" ? `${what}, NOT ALL OF ITS DATA COULD BE WRITTEN` : what;
  return nodeKindOf(node).describeReleased?.(node, step, effect, lost) ?? lost;
}

/** "exitrd: umount '/srv': 3 s of 20 s, waiting for 'nas' (2 more running)" */
export function waitLine(
  { step, node }: PlannedStep,
  ageMs: number,
  limitMs: number,
  others: number,
  graph: Graph<Node>,
): string {
  const server = stepKindOf(step).server?.(step);
  const names = server === undefined ? listBackingNames(getNode(graph, node), graph) : [server];
  const on = names.length === 0 ? "" : `, waiting for ${names.map(quote).join(", ")}`;
  const beside = others === 0 ? "" : ` (${others} more running)`;
  const end = `: ${ageMs / 1000} s of ${Math.round(limitMs / 1000)} s${on}${beside}`;
  const start = `exitrd: ${describeStep(step)}`;
  return clip(clip(start, Math.max(LINE_WIDTH - widthOf(end), STEP_WIDTH)) + end, LINE_WIDTH);
}

/** For debugging: "exitrd: 'sda1' stays: hardware". */
export function stayingLine({ node, reason }: Stay, graph: Graph<Node>): string {
  const by = reason.kind === "held" ? ` by ${reason.by.join(", ")}` : "";
  return `exitrd: ${quote(nameNode(getNode(graph, node)))} stays: ${reason.kind}${by}`;
}

/** Whether a step counts as one on a layer of storage: those on API mounts do not. */
export function isLayer(outcome: Outcome, graph: Graph<Node>): boolean {
  return countsAs(getNode(graph, outcome.node)) === "layer";
}

function countsAs(node: Node): "layer" | "api-mount" | "nothing" {
  return nodeKindOf(node).countsAs?.(node) ?? "layer";
}

/** The last line: "exitrd: 3 layers released in 150 ms, nothing left; poweroff". */
export function summaryLine(
  layers: number,
  left: readonly string[],
  verb: Verb,
  totalMs: number,
): string {
  const rest = left.length === 0 ? "nothing left" : `${left.length} left: `;
  const released = countThings(layers, "layer");
  const start = `exitrd: ${released} released in ${formatDuration(totalMs)}, ${rest}`;
  const end = `; ${verb}`;
  const room = LINE_WIDTH - widthOf(start) - widthOf(end);
  return start + clip(left.map(quote).join(", "), room) + end;
}

/** The name of a node that is left, for `summaryLine`. */
export function leftLine(id: NodeId, graph: Graph<Node>): string {
  return nameNode(getNode(graph, id));
}

function countThings(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

/** Why the plan leaves it, if that is worth a line: "exitrd: cannot release '/swapfile': …". */
export function stayLine({ node, reason }: Stay, graph: Graph<Node>): string | undefined {
  const why = describeStay(reason);
  return why && `exitrd: cannot release ${quote(nameNode(getNode(graph, node)))}: ${why}, ignoring`;
}

function describeStay(reason: StayReason): string | undefined {
  switch (reason.kind) {
    case "no-memory":
      return "not enough memory";
    case "no-tool":
      return `${reason.tool} is not in the image`;
    case "unknown-version":
      return `unknown ZFS version ${showBytes(reason.version)}`;
    case "mute":
      return "no answer";
    case "own":
    case "hardware":
    case "held":
    case "cycle":
    case "policy":
      return undefined;
  }
}

/** What stays by choice is no problem: "exitrd: keeping 'tank', as ZFS=leave says". */
export function keptLine(name: string): string {
  return `exitrd: keeping ${quote(name)}, as ZFS=leave says`;
}

/** A superblock without a visible mount is still active: "exitrd: 'sda2' is still in use by …". */
export function claimedLine(name: string, holders: readonly Holder[]): string {
  const by =
    holders.length === 0
      ? "another mount namespace or the kernel itself"
      : holders.map(describeHolder).join(", ");
  return clip(`exitrd: ${quote(name)} is still in use by ${by}`, LINE_WIDTH);
}

/** Data was lost outside of the plan: "exitrd: cannot flush 'sda': …". */
export function lostLine(name: string): string {
  return `exitrd: cannot flush ${quote(name)}: not all of its data could be written, ignoring`;
}

/** The file system is unmounted, but the server has not acknowledged the end of the session. */
export function openSessionLine(server: string): string {
  return `exitrd: cannot close the session with NFS server ${quote(server)}, ignoring`;
}

/** The state of a mount that is left, and its holders, one line each. */
export function heldLines(kept: SavedMount, graph: Graph<Node>): readonly string[] {
  const name = quote(nameNode(getNode(graph, kept.node)));
  const writable = kept.shutDown ? "shut down" : "still writable";
  const state = kept.readOnly ? "now read-only" : writable;
  const synced = kept.synced ? "synced" : "not synced";
  return [
    `exitrd: ${name} is still mounted, ${state}, ${synced}`,
    ...kept.holders.map((holder) => `exitrd: ${name} is held by ${describeHolder(holder)}`),
    ...kept.modules.map((module) => `exitrd: ${name} may be held by the module '${module}'`),
    ...kept.layers.map((layer) => `exitrd: ${name} is held by ${quote(leftLine(layer, graph))}`),
  ].map((line) => clip(line, LINE_WIDTH));
}
