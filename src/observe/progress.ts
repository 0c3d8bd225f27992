import type { Node } from "../kinds/kinds.ts";
import { readOrEmpty } from "../port/best-effort.ts";
import type { Reader } from "../port/teardown.ts";
import type { Graph } from "../teardown/graph/graph.ts";
import type { NodeId } from "../teardown/graph/node.ts";
import { parseUnwritten } from "../teardown/parse/meminfo.ts";
import { parseDecimal } from "../text/dev.ts";
import { splitWords } from "../text/words.ts";

/**
 * "major:minor" of the nearest devices below a node, and of those below a loop device: while the kernel
 * writes its file, only these show that data moves.
 */
export function listBackingDevs(
  id: NodeId,
  graph: Graph<Node>,
  seen: ReadonlySet<NodeId> = new Set(),
): readonly string[] {
  if (seen.has(id)) return [];
  const path = new Set([...seen, id]);
  const devs = (graph.backings.get(id) ?? []).flatMap((backing) => {
    const node = graph.nodes.get(backing);
    if (node === undefined || !("device" in node)) return listBackingDevs(backing, graph, path);
    const below = node.kind === "loop" ? listBackingDevs(backing, graph, path) : [];
    return [node.device.dev, ...below];
  });
  return [...new Set(devs)];
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
