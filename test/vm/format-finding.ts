import type { Finding } from "./finding.ts";
import type { PcrFinding } from "./inspect/inspect-tpm.ts";

/** Prints the findings from outside the machine, one fact per line. */
export function formatFinding(found: Finding): readonly string[] {
  const { controller, secrets, tpm } = found;
  const fileSystems = found.fileSystems.map(
    ({ name, state, checkedClean }) =>
      `${name} ${state.needsRecovery ? "needs recovery" : "clean"}${checkedClean ? "" : " (e2fsck objects)"}`,
  );
  return [
    `ended by ${found.run.ending} after ${found.run.seconds.toFixed(1)} s`,
    `ext4: ${fileSystems.join(", ")}`,
    `NVMe: ${controller.shutDown ? "told to shut down" : "not told to shut down"}, ` +
      `${controller.writesAfterFlush} writes after the last flush ` +
      `(${controller.notForced} without FUA, ${controller.unknown} unknown)`,
    ...(tpm === undefined ? [] : [formatPcr(tpm.image), formatPcr(tpm.extension)]),
    ...(secrets === undefined
      ? []
      : [
          `RAM: volume key halves ${secrets.firstHalf} + ${secrets.secondHalf}, ` +
            `passphrase ${secrets.passphrase}`,
        ]),
  ];
}

function formatPcr({ pcr, value, replayed, digests }: PcrFinding): string {
  return `TPM: PCR ${pcr} is ${value}, ${digests.length} records replay to ${replayed}`;
}
