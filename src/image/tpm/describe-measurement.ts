import type { MeasuredItem, Measurement, UnmeasuredReason } from "./measurement.ts";

/** "measured into PCR 12 (sha1, sha256)", or "not measured: …". */
export function describeMeasurement(measurement: Measurement): string {
  if (measurement.kind === "unmeasured") {
    return `not measured: ${describeUnmeasured(measurement.reason)}`;
  }
  return `measured into ${measurement.items.map(describeItem).join(" and ")}`;
}

function describeItem({ pcr, digests, unlogged }: MeasuredItem): string {
  const banks = digests.map(({ hashAlg }) => hashAlg).join(", ");
  const log = unlogged === undefined ? "" : `, but not in the event log: ${unlogged}`;
  return `PCR ${pcr} (${banks})${log}`;
}

/** For use after a colon: "no TPM 2.0". */
export function describeUnmeasured(reason: UnmeasuredReason): string {
  switch (reason.kind) {
    case "off":
      return "disabled by Measure=off";
    case "no-tpm":
      return "no TPM 2.0";
    case "system":
      return `cannot access the TPM: ${reason.words}`;
    case "no-answer":
      return "the TPM does not respond";
    case "bad-answer":
      return "the TPM returned an invalid response";
    case "refused":
      return `the TPM returned error 0x${reason.code.toString(16)}`;
    case "no-bank":
      return `the TPM has no bank for PCR ${reason.pcr}`;
  }
}
