import { quote } from "../text/show-bytes.ts";
import type { PassedOver } from "./choose-image.ts";
import { describeLoadFailure } from "./load-failure.ts";

/** Says why the image of this machine is not the one that is loaded, and the cure. */
export function describePassedOver(reason: PassedOver): string {
  switch (reason.kind) {
    case "refused":
      return describeLoadFailure(reason.failure);
    case "older":
      return `cannot load ${quote(reason.path)}: exitrd ${reason.version} built it, and the package has ${reason.packageVersion}: build it again, or remove it`;
  }
}
