import { type Node, nodeKindOf, type Step, stepKindOf } from "../../kinds/kinds.ts";
import { quote, showBytes } from "../../text/show-bytes.ts";
import type { Graph } from "../graph/graph.ts";

/** The action and the object of a step: "umount '/oldroot'", "dm remove 'vg-root'". */
export function describeStep(step: Step): string {
  return `${stepKindOf(step).act(step)} ${quote(nameStep(step))}`;
}

/** The usual name of a step's object. */
export function nameStep(step: Step): string {
  return stepKindOf(step).name(step);
}

/** The usual name of a node: a target, a path, a dm name, a kernel name. */
export function nameNode(node: Node): string {
  return nodeKindOf(node).name(node);
}

/** What a node is: "ext4 on vg-root", "crypt, does not answer", "raid1". */
export function describeNode(node: Node, graph: Graph<Node>): string {
  const text = describeKind(node, graph);
  return isMute(node) ? `${text}, does not answer` : text;
}

/** Whether it did not answer when it was observed. */
export function isMute(node: Node): boolean {
  const kind = nodeKindOf(node);
  return kind.isMute?.(node) ?? ("device" in node && node.device.mute === true);
}

/** The same, independent of whether it answered when it was observed. */
export function describeKind(node: Node, graph: Graph<Node>): string {
  return nodeKindOf(node).describe(node, listBackingNames(node, graph));
}

/** The names of a node's direct backing devices. */
export function listBackingNames(node: Node, graph: Graph<Node>): readonly string[] {
  const backings = graph.backings.get(node.id) ?? [];
  return backings.flatMap((id) => {
    const backing = graph.nodes.get(id);
    const isDevice = backing !== undefined && nodeKindOf(backing).isDevice;
    return isDevice ? [showBytes(nameNode(backing))] : [];
  });
}
