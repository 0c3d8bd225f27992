import type { ActPorts } from "../../src/execute/ports.ts";
import type { Effect, Step } from "../../src/kinds/kinds.ts";
import { releaserOf } from "../../src/kinds/released.ts";
import type { Claims, Reader } from "../../src/port/teardown.ts";

/** The first part of a step's child: acting. */
export function perform(step: Step, ports: ActPorts): Effect | undefined {
  return releaserOf(step).perform(step, ports);
}

/** The second part: verifying. */
export function isReleased(step: Step, reader: Reader & Claims): boolean {
  return releaserOf(step).isReleased(step, reader);
}
