import type { NodeId } from "./node.ts";

export function mountNodeId(mountId: number): NodeId {
  return `mount:${mountId}`;
}

export function swapNodeId(path: string): NodeId {
  return `swap:${path}`;
}

export function gateNodeId(dev: string): NodeId {
  return `gate:${dev}`;
}

export function bcacheSetNodeId(uuid: string): NodeId {
  return `bcache-set:${uuid}`;
}

export function mdmonNodeId(container: string): NodeId {
  return `mdmon:${container}`;
}

export function blockNodeId(dev: string): NodeId {
  return `block:${dev}`;
}

export function drbdNodeId(resource: string): NodeId {
  return `drbd:${resource}`;
}

export function processNodeId(pid: number): NodeId {
  return `process:${pid}`;
}

export function poolNodeId(name: string): NodeId {
  return `zpool:${name}`;
}

export function sessionNodeId(name: string): NodeId {
  return `session:${name}`;
}
