import type { Node } from "../../teardown/graph/node.ts";
import { drbdNodeId } from "../../teardown/graph/node-id.ts";
import type { BlockDevice } from "../../teardown/snapshot/snapshot.ts";

/** One node for each DRBD resource: what is taken down is never a single volume. */
export function makeDrbdNodes(devices: readonly BlockDevice[]): readonly Node[] {
  const volumes = devices.filter(({ drbd }) => drbd !== undefined);
  const names = [...new Set(volumes.flatMap(({ drbd }) => drbd?.resource ?? []))];
  return names.map((name) => {
    const own = volumes.filter(({ drbd }) => drbd?.resource === name);
    // One disk may hold the metadata of many.
    const others = volumes.filter((volume) => !own.includes(volume));
    const shared = new Set(others.flatMap(({ slaves }) => slaves));
    const backings = new Set(own.flatMap(({ slaves }) => slaves).filter((at) => !shared.has(at)));
    return {
      kind: "drbd-resource",
      id: drbdNodeId(name),
      name,
      devices: own.map((volume) => volume.name),
      backings: [...backings].sort(),
    };
  });
}
