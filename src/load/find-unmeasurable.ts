import { choosePcrs, type UnmeasuredReason } from "../image/tpm/measurement.ts";
import type { Digests, Tpm } from "../port/loader.ts";
import type { Settings } from "../teardown/settings/values.ts";
import { planMeasuring } from "./measure.ts";

const nothing = new Uint8Array();

/**
 * Why the loader will refuse every image, because Measure=require; undefined if it will not. Only
 * permanent reasons count: other users than root cannot open the TPM, and another program may be
 * using it.
 */
export function findUnmeasurable(
  settings: Settings,
  ports: { readonly codec: Digests; readonly tpm: Tpm },
): UnmeasuredReason | undefined {
  if (settings.measure !== "require") return undefined;
  const image = { what: "image", name: "", data: nothing } as const;
  const { expected } = planMeasuring([image], [], choosePcrs(settings), ports);
  if (expected.kind === "measured") return undefined;
  const { reason } = expected;
  return reason.kind === "no-tpm" || reason.kind === "no-bank" ? reason : undefined;
}
