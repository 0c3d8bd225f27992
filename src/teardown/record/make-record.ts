import { type Node, stepKindOf } from "../../kinds/kinds.ts";
import { clip } from "../../text/columns.ts";
import { type Graph, getNode } from "../graph/graph.ts";
import type { Outcome } from "../plan/outcome.ts";
import type { SavedMount } from "../plan/saved-mount.ts";
import { describeKind, nameNode, nameStep } from "../report/describe.ts";
import { describeFailure } from "../report/failure.ts";
import type { Account, RecordedMount, RecordedStep, ShutdownRecord, Verdict } from "./record.ts";

/** Describes a step on a layer for the record. */
export function recordStep(outcome: Outcome, graph: Graph<Node>): RecordedStep {
  const { step, startMs, tookMs } = outcome;
  return {
    act: stepKindOf(step).act(step),
    name: nameStep(step),
    what: describeKind(getNode(graph, outcome.node), graph),
    startMs: Math.round(startMs),
    tookMs: Math.round(tookMs),
    ...(outcome.kind === "failed" ? { failure: describeFailure(outcome.failure) } : {}),
    ...(outcome.kind === "released" && outcome.effect === "data-lost" ? { isLost: true } : {}),
  };
}

/** Describes a mount that is left for the record. */
export function recordMount(kept: SavedMount, graph: Graph<Node>): RecordedMount {
  const nameOf = (id: SavedMount["node"]): string => nameNode(getNode(graph, id));
  const state = kept.shutDown ? "shut down" : "writable";
  return {
    name: nameOf(kept.node),
    state: kept.readOnly ? "read-only" : state,
    isSynced: kept.synced,
    holders: kept.holders,
    modules: kept.modules,
    layers: kept.layers.map(nameOf),
  };
}

/** Describes a mount whose unmount hung: its server may not have received all data. */
export function recordHung(name: string): RecordedMount {
  return { name, state: "writable", isSynced: false, holders: [], modules: [], layers: [] };
}

/** The parts of the record that describe the run itself. */
export type Made = Pick<ShutdownRecord, "version" | "kernel" | "verb" | "tookMs" | "madeAt">;

export function makeRecord(made: Made, account: Account, isSynced: boolean): ShutdownRecord {
  const verdict = judge(account, isSynced);
  return { format: 1, ...made, verdict, isSynced, ...account, omitted: 0 };
}

/** Data counts as written only if that is proven. */
function judge(account: Account, isSynced: boolean): Verdict {
  const { steps, mounts, left, survivors, isPlanned } = account;
  const isLost = steps.some((step) => step.isLost) || mounts.some((mount) => !mount.isSynced);
  const isUnknown = !isSynced || (!isPlanned && left.length > 0);
  if (isLost || isUnknown) return "failed";
  return left.length + survivors.length > 0 || !isPlanned ? "degraded" : "clean";
}

/** The most entries in a list, and the longest name, from generous to minimal. */
const FITS = [
  { entries: 200, width: 200 },
  { entries: 64, width: 120 },
  { entries: 24, width: 80 },
  { entries: 8, width: 60 },
  { entries: 3, width: 40 },
  { entries: 1, width: 24 },
];

/**
 * Formats the record as JSON in at most `max` bytes. If it is too long, it loses entries, quick and
 * successful steps first; undefined if that does not help. Returns a byte string.
 */
export function stringifyRecord(record: ShutdownRecord, max: number): string | undefined {
  for (const fit of FITS) {
    const text = JSON.stringify(shorten(record, fit));
    if (text.length <= max) return text;
  }
  return undefined;
}

function shorten(record: ShutdownRecord, { entries, width }: (typeof FITS)[number]) {
  const short = (text: string): string => clip(text, width);
  const take = <T>(list: readonly T[]): readonly T[] => list.slice(0, entries);
  const steps = chooseSteps(record.steps, entries);
  const { kept } = record;
  const lists = [record.steps, record.mounts, record.left, kept ?? [], record.survivors];
  return {
    ...record,
    omitted: lists.reduce((sum, { length }) => sum + Math.max(0, length - entries), 0),
    steps: steps.map(({ act, name, what, failure, ...rest }) => ({
      ...{ act, name: short(name), what: short(what), ...rest },
      ...(failure === undefined ? {} : { failure: short(failure) }),
    })),
    mounts: take(record.mounts).map(({ name, holders, modules, layers, ...rest }) => ({
      ...{ name: short(name), ...rest, modules, layers: take(layers).map(short) },
      holders: take(holders).map(({ path, ...holder }) => ({ ...holder, path: short(path) })),
    })),
    left: take(record.left).map(short),
    ...(kept === undefined ? {} : { kept: take(kept).map(short) }),
    survivors: take(record.survivors).map(short),
  };
}

/** Chooses the steps to keep, in their order: failed and slow ones are the most informative. */
function chooseSteps(steps: readonly RecordedStep[], count: number): readonly RecordedStep[] {
  if (steps.length <= count) return steps;
  const weigh = (step: RecordedStep): number =>
    step.failure === undefined && !step.isLost ? step.tookMs : Number.POSITIVE_INFINITY;
  // Infinity - Infinity is no number.
  const kept = new Set([...steps].sort((a, b) => weigh(b) - weigh(a) || 0).slice(0, count));
  return steps.filter((step) => kept.has(step));
}
