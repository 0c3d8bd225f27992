import type { PlanView, StepView } from "../../teardown/report/plan-view.ts";
import { showBytes } from "../../text/show-bytes.ts";
import { escapeXml } from "./escape-xml.ts";
import type { GroupGraph } from "./group-nodes.ts";
import { PAGE_SCRIPT, PAGE_STYLE } from "./page.ts";
import { renderPicture } from "./render-svg.ts";
import { PICTURE_STYLE } from "./style.ts";

// A wave with more steps is collapsed.
const LONGEST_WAVE = 24;

/**
 * Renders one self-contained file: the picture, a player for the order of the steps, and everything
 * as text.
 */
export function renderHtml(graph: GroupGraph, view: PlanView, title: string): string {
  const waves = groupWaves(view.steps);
  return [
    "<!doctype html>",
    '<html lang="en">',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    // Nothing is loaded or executed, whatever names on the machine contain.
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none';style-src 'unsafe-inline';script-src 'unsafe-inline'">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${PICTURE_STYLE}${PAGE_STYLE}</style>`,
    `<header><h1>${escapeXml(title)}</h1>`,
    `<p class="verdict ${view.isGood ? "good" : "bad"}">${escapeXml(view.verdict)}</p></header>`,
    ...renderPlayer(waves),
    `<main><div class="scroll" tabindex="0" role="region" aria-label="The storage stack, holders above their backings">${renderPicture(graph, "The storage stack")}</div>`,
    '<p class="legend">Holders are above their backings. Bold outline: released next. Faded: released. Gray: disks, which the kernel shuts down. Red: stays; filled, if it is the cause. Dashed: an API file system, part of exitrd, or not responding.</p>',
    ...renderProblems(view),
    ...renderWaves(waves),
    ...renderDisks(view),
    "</main>",
    `<script>${PAGE_SCRIPT}</script>`,
    "</html>",
    "",
  ].join("\n");
}

function groupWaves(steps: readonly StepView[]): readonly (readonly StepView[])[] {
  const waves: StepView[][] = [];
  for (const step of steps) {
    const wave = waves[step.wave - 1] ?? [];
    wave.push(step);
    waves[step.wave - 1] = wave;
  }
  return waves;
}

function renderPlayer(waves: readonly (readonly StepView[])[]): readonly string[] {
  if (waves.length === 0) return [];
  return [
    '<section class="player" aria-label="The order of the steps">',
    '<button id="back" aria-label="Back">&#9664;</button>',
    '<button id="play">Play</button>',
    '<button id="on" aria-label="Forward">&#9654;</button>',
    `<input id="at" type="range" min="0" max="${waves.length}" value="0" aria-label="Position">`,
    '<output id="now" aria-live="polite">everything is attached</output>',
    "</section>",
  ];
}

function renderProblems({ problems }: PlanView): readonly string[] {
  if (problems.length === 0) return [];
  const rows = problems.map(
    ({ name, reason }) =>
      `<tr><th scope="row">${escapeXml(showBytes(name))}</th><td>${escapeXml(reason)}</td></tr>`,
  );
  return [`<h2 class="bad">Not released</h2><table class="problems">${rows.join("\n")}</table>`];
}

function renderWaves(waves: readonly (readonly StepView[])[]): readonly string[] {
  if (waves.length === 0) return [];
  return ['<h2>Steps</h2><ol class="waves">', ...waves.map(renderWave), "</ol>"];
}

function renderWave(steps: readonly StepView[], index: number): string {
  const rows = steps.map(renderStep).join("\n");
  const table = `<table>${rows}</table>`;
  const count = steps.length === 1 ? "" : `${steps.length} in parallel`;
  const body =
    steps.length > LONGEST_WAVE
      ? `<details><summary>${count}</summary>${table}</details>`
      : `${count === "" ? "" : `<p>${count}</p>`}${table}`;
  return `<li data-wave="${index + 1}" data-say="${escapeXml(sayWave(steps))}">${body}</li>`;
}

function renderStep({ number, act, what, limitMs, isMute }: StepView): string {
  const state = isMute ? ' class="mute"' : "";
  return `<tr${state}><td class="number">${number}</td><th scope="row">${escapeXml(act)}</th><td>${escapeXml(what)}</td><td class="limit">${limitMs / 1000} s</td></tr>`;
}

/** One wave in words, for the line under the picture. */
function sayWave(steps: readonly StepView[]): string {
  const [first] = steps;
  if (first === undefined) return "";
  return steps.length === 1 ? first.act : `${first.act} and ${steps.length - 1} more`;
}

function renderDisks({ disks }: PlanView): readonly string[] {
  return disks === "" ? [] : [`<p class="disks">${escapeXml(disks)}</p>`];
}
