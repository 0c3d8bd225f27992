import type { Finding } from "./finding.ts";
import type { PcrFinding } from "./inspect/inspect-tpm.ts";
import type { FoundRecord } from "./inspect/shutdown-record.ts";

/** Formats the findings from outside the machine, one fact per line. */
export function formatFinding(found: Finding): readonly string[] {
  const { controller, secrets, record, tpm } = found;
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
    ...(record === undefined ? [] : [formatRecord(record)]),
    ...(tpm === undefined ? [] : [formatPcr(tpm.image), formatPcr(tpm.extension)]),
    ...(secrets === undefined
      ? []
      : [
          `RAM: volume key halves ${secrets.firstHalf} + ${secrets.secondHalf}, ` +
            `passphrase ${secrets.passphrase}`,
        ]),
  ];
}

function formatRecord({ record }: FoundRecord): string {
  const { verdict, layers, tookMs, left } = record;
  return `record in /boot: ${verdict}, ${layers} layers in ${tookMs} ms, ${left.length} left`;
}

function formatPcr({ pcr, value, replayed, digests }: PcrFinding): string {
  return `TPM: PCR ${pcr} is ${value}, ${digests.length} records replay to ${replayed}`;
}
