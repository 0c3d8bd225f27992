import type { Node } from "../kinds/kinds.ts";
import { readOrEmpty } from "../port/best-effort.ts";
import type { Reader } from "../port/teardown.ts";
import { type Graph, getNode } from "../teardown/graph/graph.ts";
import type { NodeId } from "../teardown/graph/node.ts";
import { parseUnwritten } from "../teardown/parse/meminfo.ts";
import { parseDecimal } from "../text/dev.ts";
import { splitWords } from "../text/words.ts";

/**
 * "major:minor" of the nearest devices below a node, and of the nearest ones below the files of loop
 * and ublk devices: while such a file is written, only these show that data moves. Never those of
 * the mount that a mount lies on, which say nothing about it. Empty if a server or a process has the
 * data, which only the unwritten data of the machine shows.
 */
export function listBackingDevs(id: NodeId, graph: Graph<Node>): readonly string[] {
  const devs = new Set<string>();
  // Whether the devices directly below a node count. The map grows in the loop.
  const seen = new Map([[id, true]]);
  for (const [at, isCounted] of seen) {
    const from = getNode(graph, at);
    const below = (graph.backings.get(at) ?? [])
      .map((backing) => getNode(graph, backing))
      .filter((to) => mayWriteTo(from, to));
    if (from.kind === "mount" && below.length === 0) return [];
    for (const to of below) {
      const isDevice = "device" in to;
      if (isDevice && isCounted) devs.add(to.device.dev);
      if (!seen.has(to.id)) seen.set(to.id, isDevice ? isOnFile(to) : isCounted);
    }
  }
  return [...devs];
}

function mayWriteTo(from: Node, to: Node): boolean {
  if (to.kind === "process") return from.kind === "ublk";
  if (to.kind !== "mount") return true;
  // The path of a swap partition needs a mount, too.
  return from.kind === "swap" ? from.swap.type === "file" : isOnFile(from);
}

function isOnFile({ kind }: Node): boolean {
  return kind === "loop" || kind === "ublk" || kind === "process";
}

/**
 * Returns how much data has moved, in KiB, to be compared with an earlier result: the data read
 * from and written to `devs` (/sys/block/DEV/stat, Documentation/block/stat.rst). Without such
 * devices, the unwritten data of the whole machine, negated. NaN if the kernel reports neither.
 * Never blocks.
 */
export function readProgress(devs: readonly string[], reader: Reader): number {
  const moved = devs.flatMap((dev) => readMovedKib(dev, reader) ?? []);
  if (moved.length > 0) return moved.reduce((sum, kib) => sum + kib, 0);
  const unwritten = parseUnwritten(readOrEmpty("/proc/meminfo", reader));
  return unwritten === undefined ? Number.NaN : -unwritten;
}

function readMovedKib(dev: string, reader: Reader): number | undefined {
  const text = readOrEmpty(`/sys/dev/block/${dev}/stat`, reader);
  // Sectors of 512 bytes: read, and written.
  const [, , read = "", , , , written = ""] = splitWords(text.trim());
  const sectors = [parseDecimal(read), parseDecimal(written)];
  if (sectors.includes(undefined)) return undefined;
  return sectors.reduce<number>((sum, count) => sum + (count ?? 0), 0) / 2;
}

/**
 * How much has been written, in MiB, to be compared with an earlier result: to all disks
 * (/proc/diskstats, Documentation/admin-guide/iostats.rst), and, for what goes to a server, the data
 * that is still unwritten, negated. Never blocks.
 */
export function readAllProgress(reader: Reader): number {
  const lines = readOrEmpty("/proc/diskstats", reader).split("\n");
  // Sectors of 512 bytes.
  const sectors = lines.reduce(
    (sum, line) => sum + (parseDecimal(splitWords(line)[9] ?? "") ?? 0),
    0,
  );
  const unwrittenKib = parseUnwritten(readOrEmpty("/proc/meminfo", reader)) ?? 0;
  return Math.floor((sectors / 2 - unwrittenKib) / 1024);
}
