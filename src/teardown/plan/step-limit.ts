import { type Step, stepKindOf } from "../../kinds/kinds.ts";
import type { StepLimits } from "../settings/values.ts";

/**
 * The limit of one step: the configured one, or else its kind's default. For a step that waits for
 * a server, or for nothing, the configuration can only lower the limit.
 */
export function stepLimitMs(step: Step, configured: StepLimits): number {
  const kind = stepKindOf(step);
  const usual = kind.limitMs(step);
  const wanted = configured.get(step.kind) ?? usual;
  return kind.isShort?.(step) === true ? Math.min(wanted, usual) : wanted;
}
