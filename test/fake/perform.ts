import type { ActPorts } from "../../src/execute/ports.ts";
import type { Effect, Step } from "../../src/kinds/kinds.ts";
import { releaserOf } from "../../src/kinds/released.ts";
import type { Claims, Reader } from "../../src/port/teardown.ts";

/** What the child of a step does first. */
export function perform(step: Step, ports: ActPorts): Effect | undefined {
  return releaserOf(step).perform(step, ports);
}

/** What it asks then. */
export function isReleased(step: Step, reader: Reader & Claims): boolean {
  return releaserOf(step).isReleased(step, reader);
}
