import { type Node, nodeKindOf, type Step, stepKindOf } from "../../kinds/kinds.ts";
import { quote, showBytes } from "../../text/show-bytes.ts";
import type { Graph } from "../graph/graph.ts";

/** "umount '/oldroot'", "dm remove 'vg-root'", …: what a step does to what. */
export function describeStep(step: Step): string {
  return `${stepKindOf(step).act(step)} ${quote(nameStep(step))}`;
}

/** What a step is about, as people call it. */
export function nameStep(step: Step): string {
  return stepKindOf(step).name(step);
}

/** What a node is called: a target, a path, a dm name, a kernel name. */
export function nameNode(node: Node): string {
  return nodeKindOf(node).name(node);
}

/** What a node is: "ext4 on vg-root", "crypt, does not answer", "raid1". */
export function describeNode(node: Node, graph: Graph<Node>): string {
  const text = describeKind(node, graph);
  return isMute(node) ? `${text}, does not answer` : text;
}

/** Whether it gave no answer when it was observed. */
export function isMute(node: Node): boolean {
  const kind = nodeKindOf(node);
  return kind.isMute?.(node) ?? ("device" in node && node.device.mute === true);
}

/** The same without how it was when it was observed. */
export function describeKind(node: Node, graph: Graph<Node>): string {
  return nodeKindOf(node).describe(node, listBackingNames(node, graph));
}

/** The names of the devices that a node lies on directly. */
export function listBackingNames(node: Node, graph: Graph<Node>): readonly string[] {
  const backings = graph.backings.get(node.id) ?? [];
  return backings.flatMap((id) => {
    const backing = graph.nodes.get(id);
    const isDevice = backing !== undefined && nodeKindOf(backing).isDevice;
    return isDevice ? [showBytes(nameNode(backing))] : [];
  });
}
