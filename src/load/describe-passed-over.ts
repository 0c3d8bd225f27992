import { quote } from "../text/show-bytes.ts";
import type { PassedOver } from "./choose-image.ts";
import { describeLoadFailure } from "./load-failure.ts";

/** Describes why this machine's image is not loaded, and what to do. */
export function describePassedOver(reason: PassedOver): string {
  switch (reason.kind) {
    case "refused":
      return describeLoadFailure(reason.failure);
    case "older":
      return `cannot load ${quote(reason.path)}: exitrd ${reason.version} built it, and the package has ${reason.packageVersion}: build it again, or remove it`;
  }
}
