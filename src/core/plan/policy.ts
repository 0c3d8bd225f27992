import { parseKernelCommandLine } from "../parse/cmdline.ts";

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

/** The policy that the kernel command line asks for: "exitrd.zfs=release". The last one counts. */
export function readPolicy(perspective: Perspective, commandLine: string): Policy {
  let zfs: ZfsPolicy = "export";
  for (const { key, value } of parseKernelCommandLine(commandLine)) {
    if (key !== "exitrd.zfs") continue;
    if (value === "export" || value === "release" || value === "leave") zfs = value;
  }
  return { perspective, zfs };
}
