import type { Origin } from "../image/manifest.ts";
import type { Signer } from "../image/sign/verify-detached.ts";
import { describeUnmeasured } from "../image/tpm/describe-measurement.ts";
import type { Measurement } from "../image/tpm/measurement.ts";

// Values that more than one command prints as JSON. Absent fields are null.

export function listSigner({ name, key, hash, anchor, by }: Signer) {
  return { name, key, hash, anchor: anchor ?? null, by };
}

export function listOrigin({ file, package: name, version }: Origin) {
  return { file, package: name ?? null, version: version ?? null };
}

export function listMeasurement(measurement: Measurement) {
  const isMeasured = measurement.kind === "measured";
  return {
    ok: isMeasured,
    reason: isMeasured
      ? null
      : { kind: measurement.reason.kind, message: describeUnmeasured(measurement.reason) },
    items: (isMeasured ? measurement.items : []).map(({ what, name, pcr, digests, unlogged }) => ({
      ...{ what, name, pcr },
      digests: digests.map(({ hashAlg, digest }) => ({ hash: hashAlg, digest })),
      /** Why the measurement is not in the event log. */
      unlogged: unlogged ?? null,
    })),
  };
}
