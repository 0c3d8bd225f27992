/** The lines on the console while storage is released: 80 columns where names allow it. */
import { isApiMount } from "../graph/file-systems.ts";
import type { Graph } from "../graph/graph.ts";
import type { Node, NodeId } from "../graph/node.ts";
import { describeKind, describeStep, isMute, nameNode } from "../plan/describe.ts";
import type { Plan, Stay, StayReason } from "../plan/plan.ts";
import { clip, padRight, widthOf } from "../text/columns.ts";
import { quote, showBytes } from "../text/show-bytes.ts";
import type { Verb } from "../verb.ts";
import { describeHolder, failureLine } from "./failure.ts";
import { formatDuration, formatMoment } from "./format-time.ts";
import type { Kept } from "./kept.ts";
import type { Holder, Outcome } from "./outcome.ts";

const LINE_WIDTH = 80;
const STEP_WIDTH = 28;
// What "exitrd:   0.021 s  ", the gaps and the time leave for step and node.
const BODY_WIDTH = 51;
const TIME_WIDTH = 9;
// A longer line beats half a name; a path of 4,096 bytes beats nothing.
const MAX_NAME_WIDTH = 80;

/** "exitrd: releasing 3 layers and 4 API mounts, then poweroff" */
export function startLine(plan: Plan, graph: Graph, verb: Verb): string {
  const nodes = plan.steps.map(({ node }) => getNode(graph, node));
  const api = nodes.filter(isApiMount).length;
  const layers = countThings(nodes.filter(isLayerNode).length, "layer");
  const mounts = api === 0 ? "" : ` and ${countThings(api, "API mount")}`;
  return `exitrd: releasing ${layers}${mounts}, then ${verb}`;
}

/** What gave no answer when it was observed: "exitrd: cannot observe 'vg-pool': no answer, ignoring". */
export function muteLines(graph: Graph): readonly string[] {
  const mute = [...graph.nodes.values()].filter(
    // A gate and an mdmon are about a device that has a node of its own.
    (node) => isMute(node) && node.kind !== "gate" && node.kind !== "mdmon",
  );
  return mute.map((node) => `exitrd: cannot observe ${quote(nameNode(node))}: no answer, ignoring`);
}

/** What became of one step: a row of the record, or why it failed. */
export function outcomeLine(outcome: Outcome, graph: Graph): string {
  if (outcome.kind === "failed") return failureLine(outcome.step, outcome.failure);
  const node = getNode(graph, outcome.node);
  const what = describeReleased(node, outcome, graph);
  return formatRow(describeStep(outcome.step), what, outcome.startMs, outcome.tookMs);
}

/** A row of the record: what was done, to what, when and for how long. */
export function formatRow(act: string, what: string, startMs: number, tookMs: number): string {
  const left = padRight(clip(act, MAX_NAME_WIDTH), STEP_WIDTH);
  const body = padRight(`${left} ${clip(what, MAX_NAME_WIDTH)}`, BODY_WIDTH);
  return `exitrd: ${formatMoment(startMs)} s  ${body}${formatDuration(tookMs).padStart(TIME_WIDTH)}`;
}

type Released = Extract<Outcome, { readonly kind: "released" }>;

/** What a node was, and what releasing it did beside that. */
function describeReleased(node: Node, { step, remark }: Released, graph: Graph): string {
  if (remark === "written-back") return "bcache, written back";
  if (remark === "left-dirty") return "bcache, dirty data left in its cache";
  const text = describeKind(node, graph);
  if (remark === "data-lost") return `${text}, NOT ALL OF ITS DATA COULD BE WRITTEN`;
  // Its destructor clears the key from memory (drivers/md/dm-crypt.c, kfree_sensitive).
  if (node.kind === "dm" && node.dm.targets.some((target) => target.type === "crypt")) {
    return `${text}, key wiped`;
  }
  const isDetached = step.kind === "umount" && step.lazy && !isApiMount(node);
  return isDetached ? `${text}, detached` : text;
}

/** Whether releasing it counts: an API mount is no layer of storage. */
export function isLayer(outcome: Outcome, graph: Graph): boolean {
  return isLayerNode(getNode(graph, outcome.node));
}

function isLayerNode(node: Node): boolean {
  return !isApiMount(node) && node.kind !== "gate";
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

/** What a node that is left is called, for `summaryLine`. */
export function leftLine(id: NodeId, graph: Graph): string {
  return nameNode(getNode(graph, id));
}

function countThings(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

function getNode(graph: Graph, id: NodeId): Node {
  const node = graph.nodes.get(id);
  if (node === undefined) throw new Error(`no node ${id}`);
  return node;
}

/** Why the plan leaves it, where that is worth a line: "exitrd: '/swapfile' stays: …". */
export function stayLine({ node, reason }: Stay, graph: Graph): string | undefined {
  const why = describeStay(reason);
  return why && `exitrd: ${quote(nameNode(getNode(graph, node)))} stays: ${why}`;
}

function describeStay(reason: StayReason): string | undefined {
  switch (reason.kind) {
    case "no-memory":
      return "not enough memory";
    case "no-tool":
      return `needs ${reason.tool}, which the image lacks`;
    case "policy":
      return "ZFS=leave asks for it";
    case "unknown-version":
      return `ZFS ${showBytes(reason.version)} is not known here`;
    case "mute":
      return "it does not answer";
    case "own":
    case "hardware":
    case "held":
    case "cycle":
      return undefined;
  }
}

/** A superblock that no mount shows lives on: "exitrd: 'sda2' is still in use, by …". */
export function claimedLine(name: string, holders: readonly Holder[]): string {
  const by =
    holders.length === 0
      ? "another mount namespace or the kernel itself"
      : holders.map(describeHolder).join(", ");
  return `exitrd: ${quote(name)} is still in use, by ${by}`;
}

/** What was unmounted is not closed: "exitrd: NFS server 'nas' was not told that we go". */
export function openSessionLine(server: string): string {
  return `exitrd: NFS server ${quote(server)} was not told that we go`;
}

/** What was done for a mount that stays, and who holds it, one line each. */
export function heldLines(kept: Kept, graph: Graph): readonly string[] {
  const name = quote(nameNode(getNode(graph, kept.node)));
  const state = kept.readOnly ? "now read-only" : "cannot be made read-only";
  const synced = kept.synced ? "synced" : "not synced";
  return [
    `exitrd: ${name} stays, ${state}, ${synced}`,
    ...kept.holders.map((holder) => `exitrd: ${name} is held by ${describeHolder(holder)}`),
    ...kept.modules.map((module) => `exitrd: ${name} may be held by the module '${module}'`),
    ...kept.layers.map((layer) => `exitrd: ${name} is held by ${quote(leftLine(layer, graph))}`),
  ].map((line) => clip(line, LINE_WIDTH));
}
