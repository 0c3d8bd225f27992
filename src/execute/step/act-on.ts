import { type Effect, type Step, stepKindOf } from "../../kinds/kinds.ts";
import { releaserOf } from "../../kinds/released.ts";
import { isLoss, isSysError } from "../../port/sys-error.ts";
import type { Action, TaskResult } from "../../port/teardown.ts";
import type { Failure, Holder, Outcome } from "../../teardown/plan/outcome.ts";
import { findHolders } from "../left/holders.ts";
import type { Ports } from "../ports.ts";
import { ABSENT } from "./is-gone.ts";
import { waitUntil } from "./wait-until.ts";

/**
 * Makes the work of a child for a step: it acts, then reads the kernel's state until that shows
 * that the node is released. A return value alone proves nothing.
 */
export function actOn(step: Step, ports: Ports): Action {
  const { reader } = ports;
  const { settleMs } = stepKindOf(step);
  const { perform, isReleased } = releaserOf(step);
  return (send) => {
    let effect: Effect | undefined;
    try {
      effect = perform(step, ports);
    } catch (thrown) {
      // Another process may have released it: a deferred removal starts when the last user is gone,
      // at the same time as this step.
      if (!isSysError(thrown)) throw thrown;
      const settle = ABSENT.includes(thrown.code) ? settleMs : 0;
      if (waitUntil(() => isReleased(step, reader), settle, ports)) {
        return writeReleased(isLoss(thrown.syscall) ? "data-lost" : undefined);
      }
      if (thrown.code !== "EBUSY" || !("dev" in step)) throw thrown;
      // Sent first, because looking at a process may block for ever.
      send(BUSY);
      // Found now, because the process may be gone at the end.
      return JSON.stringify(findHolders(step, ports));
    }
    // Some of the kernel's work continues after the call has returned.
    const released = waitUntil(() => isReleased(step, reader), settleMs, ports);
    return released ? writeReleased(effect) : "still-there";
  };
}

/** The success of a step, without its times. */
export type Released = Pick<Extract<Outcome, { readonly kind: "released" }>, "kind" | "effect">;

const RELEASED = "released ";
const BUSY = "busy ";

function writeReleased(effect: Effect | undefined): string {
  return RELEASED + (effect ?? "");
}

function readReleased(output: string): Released | undefined {
  if (!output.startsWith(RELEASED)) return undefined;
  const effect = output.slice(RELEASED.length);
  return { kind: "released", ...(effect === "" ? {} : { effect: effect as Effect }) };
}

function readBusy(output: string): Failure | undefined {
  if (!output.startsWith(BUSY)) return undefined;
  // Our own child wrote it.
  return { kind: "busy", holders: JSON.parse(output.slice(BUSY.length)) as readonly Holder[] };
}

/** The result of such a child that is abandoned after `limitMs`, by what it has sent. */
export function readUnfinished(sent: string, limitMs: number): Failure {
  return sent === BUSY ? { kind: "busy", holders: [] } : { kind: "hung", limitMs };
}

/** Parses the answer of such a child. */
export function readEnd(result: TaskResult): Failure | Released {
  switch (result.kind) {
    case "done":
      return readReleased(result.output) ?? readBusy(result.output) ?? { kind: "still-there" };
    case "crashed":
      return { kind: "crashed", signal: result.signal };
    case "error":
      if (result.code === "EBUSY") return { kind: "busy", holders: [] };
      return result;
  }
}
