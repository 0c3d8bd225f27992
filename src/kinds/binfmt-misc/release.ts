import type { Preparation } from "../../execute/step/releaser.ts";
import { tryWrite } from "../../port/best-effort.ts";
import type { BaseSnapshot, Mount } from "../../teardown/snapshot/base.ts";

/** Removes all entries: those with the flag F hold their interpreter open (kernel: fs/binfmt_misc.c). */
export const binfmtPreparation: Preparation<BaseSnapshot> = {
  isNeeded: ({ mounts }) => mounts.some(isBinfmt),
  prepare({ mounts }, { kernel }) {
    for (const { target } of mounts.filter(isBinfmt)) {
      tryWrite(`${target}/status`, "-1", kernel);
    }
  },
};

function isBinfmt({ fsType }: Mount): boolean {
  return fsType === "binfmt_misc";
}
