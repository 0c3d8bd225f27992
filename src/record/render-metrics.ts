import type { RecordedStep } from "../teardown/record/record.ts";
import { formatMetric, type Sample } from "../text/prometheus.ts";
import { ENDINGS, isUnclean, type Report } from "./report.ts";

/**
 * Renders the last shutdown for the textfile collector of node_exporter, in Prometheus's text
 * format: base units, no time stamps.
 */
export function renderMetrics(report: Report): string {
  const { ending, record, importedAt, drives, image = "", signer = "" } = report;
  const { verb = "", version = "" } = record ?? {};
  const failed = record?.steps.filter(({ failure }) => failure !== undefined).length;
  const one = (value: number | undefined): readonly Sample[] =>
    value === undefined ? [] : [[{}, value]];
  return [
    formatMetric(
      "exitrd_shutdown_info",
      "gauge",
      "How the last shutdown ended, with the version and image.",
      [[{ ending, verb, version, image, signer }, 1]],
    ),
    formatMetric(
      ...([
        "exitrd_shutdown_ending",
        "gauge",
        "1 for the way in which the last shutdown ended.",
      ] as const),
      ENDINGS.map((each) => [{ ending: each }, each === ending ? 1 : 0]),
    ),
    formatMetric(
      "exitrd_shutdown_unclean",
      "gauge",
      "1 if data may have been lost or disks lost power early.",
      [[{}, isUnclean(ending) ? 1 : 0]],
    ),
    formatMetric(
      ...([
        "exitrd_shutdown_duration_seconds",
        "gauge",
        "Time from the pivot to the record.",
      ] as const),
      one(record && record.tookMs / 1000),
    ),
    formatMetric(
      ...(["exitrd_shutdown_step_seconds", "gauge", "Total time of all steps of a kind."] as const),
      record === undefined ? [] : sumSteps(record.steps),
    ),
    formatMetric(
      ...([
        "exitrd_shutdown_failed_steps",
        "gauge",
        "Failed steps, including each retry.",
      ] as const),
      one(failed),
    ),
    formatMetric(
      ...(["exitrd_shutdown_layers_released", "gauge", "Layers of storage released."] as const),
      one(record?.layers),
    ),
    formatMetric(
      ...(["exitrd_shutdown_layers_left", "gauge", "Layers of storage left in use."] as const),
      one(record?.left.length),
    ),
    formatMetric(
      ...([
        "exitrd_drive_unsafe_shutdowns_total",
        "counter",
        "Unsafe shutdowns counted by the drive.",
      ] as const),
      drives.map(({ serial, model, after }) => [{ serial, model }, after]),
    ),
    formatMetric(
      "exitrd_drive_unsafe_shutdowns_raised",
      "gauge",
      "Unsafe shutdowns that the drive counted for the last shutdown.",
      drives.map(({ serial, model, before, after }) => [
        { serial, model },
        Math.max(0, after - before),
      ]),
    ),
    formatMetric("exitrd_report_timestamp_seconds", "gauge", "Time of this report.", [
      [{}, importedAt / 1000],
    ]),
  ].join("");
}

function sumSteps(steps: readonly RecordedStep[]): readonly Sample[] {
  const sums = new Map<string, number>();
  for (const { act, tookMs } of steps) sums.set(act, (sums.get(act) ?? 0) + tookMs);
  return [...sums].sort().map(([act, sum]) => [{ act }, sum / 1000]);
}
