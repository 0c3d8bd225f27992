import type { RootStack } from "./root-stack.ts";
import { externalStacks } from "./stacks/external.ts";
import { hiddenStacks } from "./stacks/hidden.ts";
import { imageStacks } from "./stacks/images.ts";
import { integrityStacks } from "./stacks/integrity.ts";
import { liveStacks } from "./stacks/live.ts";
import { lvmStacks } from "./stacks/lvm.ts";
import { mdStacks } from "./stacks/md.ts";
import { multipathStacks } from "./stacks/multipath.ts";
import { lostServerStacks, networkStacks } from "./stacks/network.ts";
import { zfsStacks } from "./stacks/zfs.ts";

/** The stacks that users reported, each run with and without exitrd. */
export const rootStacks: readonly RootStack[] = [
  ...mdStacks,
  ...lvmStacks,
  ...externalStacks,
  ...integrityStacks,
  ...multipathStacks,
  ...liveStacks,
  ...hiddenStacks,
  ...imageStacks,
  ...networkStacks,
  ...zfsStacks,
];

/** The stacks that are not run without exitrd, because there is nothing to compare. */
export const lostStacks: readonly RootStack[] = lostServerStacks;
