import type { Origin } from "./manifest.ts";

/** A file that was copied into an image and has changed on this machine since. */
export interface Update {
  readonly origin: Origin;
  readonly state: "changed" | "gone";
}
