import { isFree, isGone } from "../../execute/step/is-gone.ts";
import type { Releaser } from "../../execute/step/releaser.ts";
import type { DrbdDown } from "./model.ts";

export const drbdDownReleaser: Releaser<DrbdDown> = {
  perform({ name }, { kernel }) {
    kernel.drbdDown(name);
    return undefined;
  },
  isReleased: ({ devices, backings }, reader) =>
    devices.every((name) => isGone(`/sys/block/${name}/dev`, reader)) &&
    backings.every((name) => isFree(name, reader)),
};
