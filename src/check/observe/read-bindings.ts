import type { Node, Snapshot } from "../../kinds/kinds.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Graph } from "../../teardown/graph/graph.ts";
import { blockNodeId } from "../../teardown/graph/node-id.ts";
import { listBelowRoot } from "../below-root.ts";
import type { PcrBinding } from "../facts.ts";
import { parseLuksTokens } from "../parse-luks-tokens.ts";

// cryptsetup's default is 16 KiB for each copy of the header, and its largest is 4 MiB.
const LARGEST_HEADER = 1024 * 1024;
const MOST_DEVICES = 64;

/** Reads up to `length` bytes from the start of a block device. */
export type ReadStart = (name: string, length: number) => Uint8Array;

/**
 * The volumes that a TPM unlocks after the initrd, as their LUKS2 headers say. Volumes below the
 * root are unlocked before exitrd is measured.
 */
export function readBindings(
  { devices }: Snapshot,
  graph: Graph<Node>,
  readStart: ReadStart,
): readonly PcrBinding[] {
  const below = listBelowRoot(graph);
  const lower = new Set(
    devices.flatMap(({ dm, slaves }) => (dm?.uuid.startsWith("CRYPT-LUKS2-") ? slaves : [])),
  );
  return devices
    .filter(({ name, dev }) => lower.has(name) && !below.has(blockNodeId(dev)))
    .slice(0, MOST_DEVICES)
    .flatMap(({ name }) => {
      const header = attempt(() => readStart(name, LARGEST_HEADER));
      const pcrs = header === undefined ? [] : parseLuksTokens(header);
      return pcrs.length === 0 ? [] : [{ device: name, pcrs }];
    });
}
