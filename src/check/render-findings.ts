import { escapeControls } from "../text/show-bytes.ts";
import { describeFinding, severityOf } from "./describe-finding.ts";
import type { Finding, Severity } from "./finding.ts";

const CLEAN = "will be clean";

/** The verdict, then three lines for each finding: the problem, its consequence, and what to do. */
export function renderFindings(findings: readonly Finding[]): readonly string[] {
  return [
    sayVerdict(findings),
    ...findings.flatMap((finding) => {
      const { severity, what, why, cure } = describeFinding(finding);
      return ["", `${severity}: ${what}`, `  why:  ${why}`, `  cure: ${cure}`];
    }),
  ].map(escapeControls);
}

/** Checks again, and writes or removes the line for logins, the metrics and the unit's failure. */
export const RECHECK = "systemctl start exitrd-check.service";

/** One line to print at login, until the next daily check. */
export function loginLine(findings: readonly Finding[]): string {
  return escapeControls(
    `exitrd: ${sayVerdict(findings)}: see 'exitrd check'; once cured: '${RECHECK}'`,
  );
}

function sayVerdict(findings: readonly Finding[]): string {
  if (findings.length === 0) return `nothing found: the next shutdown ${CLEAN}`;
  const number = (severity: Severity): number =>
    findings.filter((finding) => severityOf(finding) === severity).length;
  const [errors, warnings, notes] = [number("error"), number("warning"), number("note")];
  const verdict = errors > 0 ? "will not be clean" : warnings > 0 ? "may not be clean" : CLEAN;
  const counts = [count(errors, "error"), count(warnings, "warning"), count(notes, "note")];
  return `the next shutdown ${verdict}: ${counts.filter((text) => text !== "").join(", ")}`;
}

function count(number: number, thing: string): string {
  return number === 0 ? "" : `${number} ${thing}${number === 1 ? "" : "s"}`;
}
