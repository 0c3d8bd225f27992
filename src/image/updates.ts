import type { Origin } from "./manifest.ts";

/** A file that an image was given, and that is another one on this machine now. */
export interface Update {
  readonly origin: Origin;
  readonly state: "changed" | "gone";
}
