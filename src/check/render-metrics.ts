import { formatMetric } from "../text/prometheus.ts";
import { severityOf } from "./describe-finding.ts";
import { type Finding, SEVERITIES } from "./finding.ts";

/** Renders the numbers of findings for the textfile collector of node_exporter. */
export function renderMetrics(findings: readonly Finding[], now: number): string {
  const kinds = [...new Set(findings.map(({ kind }) => kind))].sort();
  const bySeverity = SEVERITIES.map((severity) => {
    const found = findings.filter((finding) => severityOf(finding) === severity);
    return [{ severity }, found.length] as const;
  });
  const byKind = kinds.map((kind) => {
    const found = findings.filter((finding) => finding.kind === kind);
    const severity = found.map(severityOf)[0] ?? "";
    return [{ kind, severity }, found.length] as const;
  });
  return [
    formatMetric("exitrd_check_findings", "gauge", "Findings of exitrd check.", bySeverity),
    formatMetric("exitrd_check_kind_findings", "gauge", "Findings of a kind.", byKind),
    formatMetric("exitrd_check_timestamp_seconds", "gauge", "Time of this check.", [
      [{}, now / 1000],
    ]),
  ].join("");
}
