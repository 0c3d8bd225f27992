import { listMultiDevices } from "../../kinds/kinds.ts";
import { runTask } from "../../observe/run-task.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Holder } from "../../teardown/plan/outcome.ts";
import type { View } from "../look.ts";
import type { Ports } from "../ports.ts";
import { findHolders } from "./holders.ts";

const CLAIMED_LIMIT_MS = 3_000;

/** A device that the kernel uses, although nothing shows why. */
export interface Claimed {
  readonly name: string;
  /** Processes that have it mounted in their own namespace, or have a file on it open. */
  readonly holders: readonly Holder[];
}

/**
 * Finds the disks and partitions that the first view showed as mounted and that the kernel still
 * uses although no mount is visible: the superblock is still active in another mount namespace or
 * in the kernel itself.
 */
export function findClaimed(first: View, until: number, ports: Ports): readonly Claimed[] {
  const { mounts, devices } = first.snapshot;
  const mounted = new Set(mounts.map((mount) => mount.dev));
  const members = new Set(listMultiDevices(first.snapshot).flatMap((one) => one.devices));
  const candidates = devices.filter(
    ({ name, dev, dm }) => (mounted.has(dev) || members.has(name)) && dm === undefined,
  );
  if (candidates.length === 0) return [];
  const { reader } = ports;
  const checked = runTask(
    () =>
      JSON.stringify(
        candidates
          .filter(({ name }) => attempt(() => reader.isClaimed(name)))
          .map(({ name, dev }) => ({ name, holders: findHolders({ dev }, ports) })),
      ),
    Math.min(CLAIMED_LIMIT_MS, until - ports.clock.now()),
    ports,
  );
  return checked.kind === "done" ? (JSON.parse(checked.output) as readonly Claimed[]) : [];
}
