import type { Node } from "../../kinds/kinds.ts";
import { clip, padRight, widthOf } from "../../text/columns.ts";
import { type Paint, paintNothing } from "../../text/paint.ts";
import { quote } from "../../text/show-bytes.ts";
import type { Graph } from "../graph/graph.ts";
import type { Plan } from "../plan/plan.ts";
import type { StepLimits } from "../settings/values.ts";
import { divideColumns, WIDEST_PADDED } from "./divide-columns.ts";
import { type PlanView, type ProblemView, type StepView, viewPlan } from "./plan-view.ts";

/** How a plan is shown. */
export interface Shown {
  /** Columns of the terminal; undefined for a pipe or a file, where nothing is clipped. */
  readonly width: number | undefined;
  readonly paint: Paint;
  readonly limits: StepLimits;
  /** Also shows hardware, which always stays. */
  readonly all: boolean;
}

const PLAIN: Shown = { width: undefined, paint: paintNothing, limits: new Map(), all: false };
const GAP = 2;

/**
 * Renders the plan for people: the verdict, what is left and why, the steps with their limits, the
 * disks.
 */
export function renderPlanText(
  plan: Plan,
  graph: Graph<Node>,
  shown: Shown = PLAIN,
): readonly string[] {
  const view = viewPlan(plan, graph, shown.limits);
  return [
    ...sayVerdict(view, shown),
    ...section("Stays:", renderProblems(view.problems, shown)),
    ...section(sayHeading(view), renderSteps(view.steps, shown)),
    ...section("Hardware, which the kernel shuts down:", renderHardware(view, shown)),
    ...renderRest(view, shown),
  ];
}

/** Never clipped: what is left out in the middle could be half of it. */
function sayVerdict({ verdict, isGood }: PlanView, { paint }: Shown): readonly string[] {
  return [paint(isGood ? "good" : "bad", verdict)];
}

function sayHeading({ most }: PlanView): string {
  return most > 1 ? `Steps, at most ${most} in parallel:` : "Steps:";
}

/** Shown with --all; otherwise only what does not answer. */
function renderHardware({ hardware }: PlanView, { all, width, paint }: Shown): readonly string[] {
  const rows = hardware.filter(({ reason }) => all || reason.includes("does not answer"));
  const most = Math.max(0, ...rows.map(({ name }) => widthOf(quote(name))));
  return rows.map(({ name, reason }) => {
    const text = `  ${padRight(quote(name), Math.min(most, WIDEST_PADDED))}  ${reason}`;
    const line = width === undefined ? text : clip(text, width);
    return reason.includes("does not answer") ? paint("doubtful", line) : line;
  });
}

function renderProblems(problems: readonly ProblemView[], shown: Shown): readonly string[] {
  const names = problems.map(({ name }) => quote(name));
  const [left, right] = divideColumns(
    names,
    problems.map(({ reason }) => reason),
    GAP + GAP,
    shown.width,
  );
  return problems.map(({ reason }, index) => {
    const name = padRight(clip(names[index] ?? "", left), Math.min(left, WIDEST_PADDED));
    return `  ${shown.paint("bad", name)}  ${clip(reason, right)}`;
  });
}

/** "   2 │ dm remove 'vg-root'   linear, on cryptroot   30 s" */
function renderSteps(steps: readonly StepView[], shown: Shown): readonly string[] {
  const { paint } = shown;
  const digits = Math.max(3, String(steps.length).length);
  const limits = steps.map(({ limitMs }) => formatLimit(limitMs));
  const limitWidth = Math.max(0, ...limits.map((text) => text.length));
  const fixed = digits + 3 + GAP + GAP + limitWidth;
  const acts = steps.map(({ act }) => act);
  const whats = steps.map(({ what }) => what);
  const [left, right] = divideColumns(acts, whats, fixed, shown.width);
  const most = Math.max(0, ...whats.map(widthOf));
  const padded = shown.width === undefined ? Math.min(most, WIDEST_PADDED) : Math.min(most, right);
  return steps.map((step, index) => {
    const number = String(step.number).padStart(digits);
    const act = padRight(clip(step.act, left), Math.min(left, WIDEST_PADDED));
    const what = padRight(clip(step.what, right), padded);
    const limit = (limits[index] ?? "").padStart(limitWidth);
    const body = `${number} ${markWave(steps, index)} ${act}  ${what}`;
    if (step.isMute) return `${paint("doubtful", body)}  ${paint("minor", limit)}`;
    return step.isApi ? paint("minor", `${body}  ${limit}`) : `${body}  ${paint("minor", limit)}`;
  });
}

/** Draws a bracket around steps that may run in parallel. */
function markWave(steps: readonly StepView[], index: number): string {
  const wave = steps[index]?.wave;
  const hasBefore = steps[index - 1]?.wave === wave;
  const hasAfter = steps[index + 1]?.wave === wave;
  if (hasBefore) return hasAfter ? "\xe2\x94\x82" : "\xe2\x94\x94";
  return hasAfter ? "\xe2\x94\x8c" : " ";
}

function renderRest({ disks, own }: PlanView, { width, paint, all }: Shown): readonly string[] {
  const lines = [
    ...(disks === "" || all ? [] : [disks]),
    ...(own === 0 ? [] : [`${own} of exitrd's own stay.`]),
  ];
  const shown = width === undefined ? lines : lines.map((line) => clip(line, width));
  return shown.length === 0 ? [] : ["", ...shown.map((line) => paint("minor", line))];
}

function formatLimit(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`;
}

function section(title: string, rows: readonly string[]): readonly string[] {
  return rows.length === 0 ? [] : ["", title, ...rows];
}
