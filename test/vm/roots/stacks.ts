import type { RootStack } from "./root-stack.ts";
import { externalStacks } from "./stacks/external.ts";
import { integrityStacks } from "./stacks/integrity.ts";
import { liveStacks } from "./stacks/live.ts";
import { lvmStacks } from "./stacks/lvm.ts";
import { mdStacks } from "./stacks/md.ts";
import { multipathStacks } from "./stacks/multipath.ts";
import { lostServerStacks, networkStacks } from "./stacks/network.ts";
import { zfsStacks } from "./stacks/zfs.ts";

/** The stacks that users reported, each run through exitrd and without. */
export const rootStacks: readonly RootStack[] = [
  ...mdStacks,
  ...lvmStacks,
  ...externalStacks,
  ...integrityStacks,
  ...multipathStacks,
  ...liveStacks,
  ...networkStacks,
  ...zfsStacks,
];

/** Those of which there is nothing to compare without exitrd. */
export const lostStacks: readonly RootStack[] = lostServerStacks;
