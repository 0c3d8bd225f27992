import type { Ports } from "../execute/ports.ts";
import type { Preparation, Releaser } from "../execute/step/releaser.ts";
import { bcacheSetStopReleaser, bcacheStopReleaser } from "./bcache/release.ts";
import { binfmtPreparation } from "./binfmt-misc/release.ts";
import { dmRemoveReleaser, dmUnblockReleaser } from "./dm/release.ts";
import { drbdDownReleaser } from "./drbd/release.ts";
import { unexportReleaser } from "./export/release.ts";
import type { Snapshot, Step } from "./kinds.ts";
import { loopDetachReleaser } from "./loop/release.ts";
import { mdStopReleaser } from "./md/release.ts";
import { mdmonEndReleaser } from "./mdmon/release.ts";
import { umountReleaser } from "./mount/release.ts";
import { nbdDisconnectReleaser } from "./nbd/release.ts";
import { awaitNfsClose } from "./nfs/release.ts";
import { rbdUnmapReleaser } from "./rbd/release.ts";
import { sessionCloseReleaser, sessionPreparation } from "./session/release.ts";
import { processEndReleaser } from "./storage-server/release.ts";
import { swapOffReleaser } from "./swap/release.ts";
import { uprobePreparation } from "./uprobe/release.ts";
import { poolExportReleaser } from "./zpool/release.ts";
import { zramResetReleaser } from "./zram/release.ts";

/** How the steps of each kind are performed: one line for each. */

const RELEASERS: {
  readonly [K in Step["kind"]]: Releaser<Extract<Step, { readonly kind: K }>>;
} = {
  umount: umountReleaser,
  swapoff: swapOffReleaser,
  "loop-detach": loopDetachReleaser,
  "bcache-stop": bcacheStopReleaser,
  "bcache-set-stop": bcacheSetStopReleaser,
  "nbd-disconnect": nbdDisconnectReleaser,
  "rbd-unmap": rbdUnmapReleaser,
  "zram-reset": zramResetReleaser,
  "dm-remove": dmRemoveReleaser,
  "dm-unblock": dmUnblockReleaser,
  "mdmon-end": mdmonEndReleaser,
  "process-end": processEndReleaser,
  "md-stop": mdStopReleaser,
  "drbd-down": drbdDownReleaser,
  "session-close": sessionCloseReleaser,
  unexport: unexportReleaser,
  "zpool-export": poolExportReleaser,
};

export function releaserOf<S extends Step>(step: S): Releaser<S> {
  // The table is exhaustive by type; tsc cannot follow a step to its own row.
  return RELEASERS[step.kind] as unknown as Releaser<S>;
}

/** The preparations before the first step. */
export const PREPARATIONS: readonly Preparation<Snapshot>[] = [
  binfmtPreparation,
  uprobePreparation,
  sessionPreparation,
];

/**
 * Waits for work that continues after the last step, at most until `until`, and returns the names
 * of what did not end. Each starts a child of its own if there is something to wait for.
 */
export const ENDINGS: readonly ((
  before: Snapshot,
  after: Snapshot,
  until: number,
  ports: Ports,
) => readonly string[])[] = [awaitNfsClose];
