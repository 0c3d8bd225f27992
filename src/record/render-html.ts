import type { RecordedStep } from "../teardown/record/record.ts";
import { formatDuration } from "../teardown/report/format-time.ts";
import { showBytes } from "../text/show-bytes.ts";
import { describeEnding, listAdvice, type Reading } from "./ending-words.ts";
import { describeRun, listDrives, listLeft } from "./render-text.ts";
import { isUnclean, type Report } from "./report.ts";

const STYLE = `
:root { color-scheme: light dark; --bad: light-dark(#b00020, #ff8a80); --good: light-dark(#1b6e2d, #81c995);
  --line: light-dark(#d0d0d0, #444); --bar: light-dark(#3565a8, #8ab4f8); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.bad { color: var(--bad); } .good { color: var(--good); }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; }
th, td { text-align: left; padding: .25rem .5rem; border-bottom: 1px solid var(--line); vertical-align: top;
  overflow-wrap: anywhere; }
td.time, th.time { text-align: right; white-space: nowrap; } td.run { width: 30%; }
.bar { display: block; height: .8rem; min-width: 2px; background: var(--bar); border-radius: 2px; }
.bar.bad { background: var(--bad); }
@media (max-width: 40rem) { td.run, th.run { display: none; } }
`;

/** Renders one report as a self-contained page without scripts. */
export function renderHtml(
  report: Report,
  title = "Last shutdown",
  reading: Reading = { hasSystemd: true },
): string {
  const { ending, record } = report;
  const tone = ending === "clean" ? "good" : isUnclean(ending) ? "bad" : "";
  const left = record === undefined ? [] : listLeft(record);
  const advice = listAdvice(report, reading);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none';style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}: ${escapeHtml(ending)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}: <span class="${tone}">${escapeHtml(describeEnding(ending))}</span></h1>
${renderList(describeRun(report))}
${record === undefined ? "" : section("What is left", left.length === 0 ? ["Nothing."] : left)}
${section("What to do", advice)}
${section("Unsafe shutdowns counted by the drives", listDrives(report.drives))}
${record === undefined ? "" : renderSteps(record.steps, record.tookMs)}
</main>
</body>
</html>
`;
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : `<h2>${escapeHtml(title)}</h2>\n${renderList(lines)}`;
}

function renderList(lines: readonly string[]): string {
  return `<ul>\n${lines.map((line) => `<li>${escapeHtml(line.trim())}</li>\n`).join("")}</ul>`;
}

function renderSteps(steps: readonly RecordedStep[], totalMs: number): string {
  if (steps.length === 0) return "";
  const end = Math.max(totalMs, ...steps.map(({ startMs, tookMs }) => startMs + tookMs), 1);
  return `<h2>Steps</h2>
<table>
<caption>All steps since the pivot: when each ran, and for how long</caption>
<thead><tr><th scope="col">Step</th><th scope="col">Object</th><th scope="col" class="run">When</th><th scope="col" class="time">Time</th></tr></thead>
<tbody>
${steps.map((step) => renderStep(step, end)).join("")}</tbody>
</table>`;
}

function renderStep(step: RecordedStep, end: number): string {
  const { act, name, what, startMs, tookMs, failure, isLost } = step;
  const problem = isLost ? "not all of its data could be written" : failure;
  const from = Math.min((startMs / end) * 100, 100).toFixed(2);
  const width = Math.min((tookMs / end) * 100, 100 - Number(from)).toFixed(2);
  const tone = problem === undefined ? "" : " bad";
  const why =
    problem === undefined ? "" : `<br><span class="bad">${escapeHtml(showBytes(problem))}</span>`;
  const title = `${escapeHtml(showBytes(act))} ${escapeHtml(showBytes(name))}`;
  const bar = `<span class="bar${tone}" style="margin-left:${from}%;width:${width}%"></span>`;
  return `<tr><th scope="row">${title}</th><td>${escapeHtml(showBytes(what))}${why}</td><td class="run" aria-hidden="true">${bar}</td><td class="time">${formatDuration(tookMs)}</td></tr>\n`;
}

/** Byte strings that are UTF-8 are left as they are: the page is written byte by byte. */
function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
