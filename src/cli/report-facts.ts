import { isClean, type Report } from "../record/report.ts";

/** A report as values; absent fields are null. `record` is what PID 1 wrote, in its own format. */
export function listReport(report: Report) {
  const { ending, bootId, place, crashes, drives, record } = report;
  return {
    ok: isClean(ending) ?? null,
    ending,
    bootId,
    startedAtMs: report.startedAt ?? null,
    stoppedAtMs: report.stoppedAt ?? null,
    importedAtMs: report.importedAt,
    place,
    torn: report.isTorn === true,
    crashes,
    unreadableDumps: report.unreadable ?? [],
    drives: drives.map(({ serial, model, before, after }) => ({
      ...{ serial, model },
      unsafeShutdowns: { before, after },
    })),
    image: report.image ?? null,
    signer: report.signer ?? null,
    record: record ?? null,
  };
}
