import type { Verification } from "../../src/load/read-verification.ts";

/** A machine that trusts nobody and accepts unsigned images. */
export const unsignedIsFine: Verification = {
  policy: "prefer",
  trust: { anchors: [], revoked: [], kernelKeys: false, now: 0 },
  ...{ floor: 0, secureBoot: false, overruled: false, problems: [] },
};
