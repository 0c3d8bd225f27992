import type { RecordedMount, RecordedStep, ShutdownRecord } from "../teardown/record/record.ts";
import { describeHolder } from "../teardown/report/failure.ts";
import { formatDuration } from "../teardown/report/format-time.ts";
import { clip, padRight } from "../text/columns.ts";
import { quote, showBytes } from "../text/show-bytes.ts";
import { describeEnding, listAdvice, type Reading } from "./ending-words.ts";
import type { DriveChange, Report } from "./report.ts";

const ACT_WIDTH = 30;
const WHAT_WIDTH = 18;
const BAR_WIDTH = 16;
// Keeps the report on one screen; --json has all steps.
const MOST_STEPS = 24;

/**
 * Renders one report for people, on one screen: the verdict, a bar for each step, what is left,
 * what to do.
 */
export function renderReport(
  report: Report,
  title = "Last shutdown",
  reading: Reading = { hasSystemd: true },
): readonly string[] {
  const { record } = report;
  const advice = listAdvice(report, reading);
  return [
    `${title}: ${describeEnding(report.ending)}`,
    ...describeRun(report).map((line) => `  ${line}`),
    ...(record === undefined ? [] : renderSteps(record.steps, record.tookMs)),
    ...(record === undefined ? [] : renderLeft(record)),
    ...listDrives(report.drives),
    ...(advice.length === 0 ? [] : ["", "What to do:", ...advice.map((line) => `  ${line}`)]),
  ];
}

/** "2026-11-29 03:12:44 UTC" */
export function formatDate(ms: number): string {
  // Another program may have written a time that a Date cannot represent.
  if (ms > 8.64e15) return "an unknown time";
  return `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** The time of the shutdown, its duration, the versions, and what cannot be read. */
export function describeRun(report: Report): readonly string[] {
  const { ending, record, startedAt, stoppedAt, isTorn, image, signer } = report;
  const { crashes, unreadable = [] } = report;
  const lines: string[] = [];
  if (record !== undefined) {
    const { verb, madeAt, tookMs, layers, planned, version, kernel, kept = [] } = record;
    const made = `exitrd ${showBytes(version)}, Linux ${showBytes(kernel)}`;
    lines.push(`${verb} at ${formatDate(madeAt)}, ${made}`);
    lines.push(`${layers} of ${Math.max(planned, layers)} layers in ${formatDuration(tookMs)}`);
    if (kept.length > 0) lines.push(`kept by ZFS=leave: ${kept.map(quote).join(", ")}`);
  } else {
    if (startedAt !== undefined) lines.push(`booted at ${formatDate(startedAt)}`);
    if (stoppedAt !== undefined) lines.push(`its shutdown began at ${formatDate(stoppedAt)}`);
    if (isTorn) lines.push("its record was begun but not finished");
  }
  if (image !== undefined) {
    lines.push(
      `image ${showBytes(image)}, ${signer === undefined ? "not signed" : `signed by ${quote(signer)}`}`,
    );
  }
  // Otherwise, the advice names them.
  if (ending !== "crashed") {
    for (const path of crashes) lines.push(`the kernel left the dump ${quote(path)}`);
  }
  for (const path of unreadable) {
    lines.push(`the dump ${quote(path)} cannot be read, so it is not known to be of a crash`);
  }
  return lines;
}

function renderSteps(steps: readonly RecordedStep[], totalMs: number): readonly string[] {
  if (steps.length === 0) return [];
  const end = Math.max(totalMs, ...steps.map(({ startMs, tookMs }) => startMs + tookMs), 1);
  const shown = chooseSteps(steps);
  const more = steps.length - shown.length;
  return [
    "",
    ...shown.map((step) => renderStep(step, end)),
    ...(more > 0 ? [`  and ${more} more steps: see --json`] : []),
  ];
}

/** Steps that failed, and the longest of the others, in their order. */
function chooseSteps(steps: readonly RecordedStep[]): readonly RecordedStep[] {
  const isBad = ({ failure, isLost }: RecordedStep): boolean =>
    failure !== undefined || isLost === true;
  const byWeight = [...steps].sort(
    (a, b) => Number(isBad(b)) - Number(isBad(a)) || b.tookMs - a.tookMs,
  );
  const chosen = new Set(byWeight.slice(0, MOST_STEPS));
  return steps.filter((step) => chosen.has(step));
}

function renderStep(step: RecordedStep, end: number): string {
  const { act, name, what, startMs, tookMs, failure, isLost } = step;
  const head = padRight(clip(`${showBytes(act)} ${showBytes(name)}`, ACT_WIDTH), ACT_WIDTH);
  const body = padRight(clip(showBytes(what), WHAT_WIDTH), WHAT_WIDTH);
  const time = formatDuration(tookMs).padStart(8);
  const row = `  ${head} ${body} ${drawBar(startMs, tookMs, end)} ${time}`;
  if (isLost) return `${row}\n      NOT ALL OF ITS DATA COULD BE WRITTEN`;
  return failure === undefined ? row : `${row}\n      failed: ${showBytes(failure)}`;
}

/** Draws when a step ran, on a scale of the whole shutdown. */
function drawBar(startMs: number, tookMs: number, end: number): string {
  const from = Math.min(Math.floor((startMs / end) * BAR_WIDTH), BAR_WIDTH - 1);
  const to = Math.min(
    Math.max(Math.ceil(((startMs + tookMs) / end) * BAR_WIDTH), from + 1),
    BAR_WIDTH,
  );
  return `|${" ".repeat(from)}${"#".repeat(to - from)}${" ".repeat(BAR_WIDTH - to)}|`;
}

function renderLeft(record: ShutdownRecord): readonly string[] {
  const lines = listLeft(record);
  if (lines.length === 0) return ["", "Nothing is left."];
  return ["", "What is left:", ...lines.map((line) => `  ${line}`)];
}

/** What is left and who held it, and what else went wrong; empty if everything was released. */
export function listLeft(record: ShutdownRecord): readonly string[] {
  const { left, mounts, survivors, isSynced, isPlanned, omitted } = record;
  return [
    ...(left.length === 0 ? [] : [`left: ${left.map(quote).join(", ")}`]),
    ...mounts.flatMap(renderMount),
    ...survivors.map((name) => `could not be killed: ${showBytes(name)}`),
    ...(isSynced ? [] : ["the last sync did not finish in time"]),
    ...(isPlanned ? [] : ["storage was released without a plan: this is a bug in exitrd"]),
    ...(omitted > 0 ? [`${omitted} entries did not fit into the record`] : []),
  ];
}

function renderMount({ name, state, isSynced, holders, modules, layers }: RecordedMount) {
  return [
    `${quote(name)} was still mounted, ${state}, ${isSynced ? "synced" : "NOT SYNCED"}`,
    ...holders.map((one) => `  held by ${describeHolder(one)} ${showBytes(one.path)}`),
    ...modules.map((module) => `  may be held by the module ${quote(module)}`),
    ...layers.map((layer) => `  held by ${quote(layer)}`),
  ];
}

/** Unsafe shutdowns that the drives counted in the meantime. */
export function listDrives(drives: readonly DriveChange[]): readonly string[] {
  if (drives.length === 0) return [];
  const raised = drives.filter(({ before, after }) => after > before);
  if (raised.length === 0)
    return [`Unsafe shutdowns counted by the drives: none (${drives.length} asked)`];
  return raised.map(({ serial, model, before, after }) => {
    const name = `${showBytes(model)} ${showBytes(serial)}`;
    return `The drive ${name} counted ${countThings(after - before)} (${after} in all)`;
  });
}

function countThings(count: number): string {
  return `${count} more unsafe shutdown${count === 1 ? "" : "s"}`;
}

/** Renders the history, one line per boot, the newest first. */
export function renderHistory(reports: readonly Report[]): readonly string[] {
  return [...reports].reverse().map((report, index) => {
    const { ending, record, stoppedAt, startedAt, importedAt } = report;
    const when = formatDate(record?.madeAt ?? stoppedAt ?? startedAt ?? importedAt);
    const took = record === undefined ? "" : `, ${record.verb} in ${formatDuration(record.tookMs)}`;
    return `${String(-index - 1).padStart(4)}  ${padRight(when, 24)} ${ending}${took}`;
  });
}
