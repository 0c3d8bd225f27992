import type { Origin } from "./manifest.ts";

/** A file whose original has changed on this machine since it was copied into an image. */
export interface Update {
  readonly origin: Origin;
  readonly state: "changed" | "gone";
}
