import type { Settings } from "../settings/settings.ts";

/** Which mounts belong to PID 1 itself; everything else has to go. */
export type Perspective =
  /** Inside the exitrd: the tree at "/" is ours, the old root is at /oldroot. */
  | "exitrd"
  /** On the running machine, to foretell what the exitrd will do. */
  | "running";

/** What becomes of a ZFS pool once nothing uses it. */
export type ZfsPolicy =
  /** Its labels say "exported": any machine imports it without force. */
  | "export"
  /** As good, but the labels say nothing: only this machine imports it without force. */
  | "release"
  /** It stays imported, and so does what it lies on. */
  | "leave";

export interface Policy {
  readonly perspective: Perspective;
  /** Storage daemons have been ended: nothing is to wait for an answer of theirs. */
  readonly serversEnded?: boolean;
  /** "export" where it is absent. */
  readonly zfs?: ZfsPolicy;
}

/** What the settings leave to the plan. */
export function makePolicy(perspective: Perspective, settings: Settings): Policy {
  return { perspective, zfs: settings.zfs ?? "export" };
}
