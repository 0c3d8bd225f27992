import { judgeChecked } from "../checked.ts";
import type { ConsoleLine, MachineRun } from "../machine/spec.ts";
import type { Group } from "./group.ts";
import { fileName } from "./lay-out.ts";
import { checkFirst } from "./leaving.ts";
import type { Row } from "./row.ts";
import type { GroupFinding } from "./run-group.ts";

/**
 * Compares the output of two machines with the expectations of the rows; returns one sentence for
 * each difference.
 */
export function judgeGroup(group: Group, found: GroupFinding): readonly string[] {
  return [
    ...judgeEnding(group, found),
    ...group.rows.flatMap((row) => judgeRow(row, group, found)),
    ...(group.isControl ? [] : judgeConsole(group, found)),
    ...(group.leaving === checkFirst ? judgeCheck(group, found) : []),
  ];
}

function judgeCheck({ rows }: Group, { zoo }: GroupFinding): readonly string[] {
  return judgeChecked(
    zoo.output,
    rows.flatMap(({ findings }) => findings ?? []),
  );
}

// The total deadline in leave.sh, plus the grace period of the last resort.
const DEADLINE_SECONDS = 95;

function judgeEnding(group: Group, { zoo, inspector }: GroupFinding): readonly string[] {
  const expected = group.isControl ? "cut" : "poweroff";
  const seconds = measureLeaving(zoo);
  const isLate = !group.isControl && !(seconds < DEADLINE_SECONDS);
  return [
    ...(isLate ? [`it took ${seconds.toFixed(0)} s from the pivot to the end`] : []),
    ...(zoo.ending === expected ? [] : [`the zoo ended by ${zoo.ending}, not by ${expected}`]),
    ...(inspector.ending === "poweroff" ? [] : [`the inspector ended by ${inspector.ending}`]),
  ];
}

/** From the pivot to the end, in seconds; NaN if there was no pivot. */
function measureLeaving(zoo: MachineRun): number {
  const pivot = findPivot(zoo);
  return pivot === undefined ? Number.NaN : zoo.seconds - pivot.at;
}

function findPivot({ console }: MachineRun): ConsoleLine | undefined {
  return console.find(({ text }) => text.includes("zoo: pivot"));
}

function judgeRow(row: Row, group: Group, { zoo, inspector }: GroupFinding): readonly string[] {
  const name = fileName(row);
  if (hasLine(zoo.output, `broken ${name}`)) return [`'${row.name}' could not be built`];
  const isGood = hasLine(inspector.output, `good ${name}`);
  const reason = findLine(inspector.output, `bad ${name}: `);
  if (!isGood && reason === undefined) return [`'${row.name}' was not inspected`];
  if (group.isControl) {
    const isSeen = row.controlUnseen === undefined;
    return isGood && isSeen ? [`'${row.name}' came through a power cut unharmed`] : [];
  }
  const console = zoo.console.map((line) => line.text).filter((text) => text.includes("exitrd: "));
  const missing = [
    ...(row.steps ?? []).filter((step) => !console.some((text) => text.includes(step))),
    ...(row.console ?? []).filter((line) => !zoo.console.some(({ text }) => text.includes(line))),
  ];
  return [
    ...(isGood ? [] : [`'${row.name}' is not as it must be: ${reason}`]),
    ...missing.map((step) => `'${row.name}': the console does not show "${step}"`),
    ...judgeTime(row, zoo),
  ];
}

/** Whatever else is broken, healthy steps must not wait for it. */
function judgeTime({ name, steps, withinSeconds }: Row, zoo: MachineRun): readonly string[] {
  if (withinSeconds === undefined) return [];
  const pivot = findPivot(zoo)?.at ?? Number.NaN;
  return (steps ?? []).flatMap((step) => {
    const line = zoo.console.find(({ text }) => text.includes("exitrd: ") && text.includes(step));
    const seconds = line === undefined ? 0 : line.at - pivot;
    return seconds <= withinSeconds
      ? []
      : [`'${name}': "${step}" came ${seconds.toFixed(1)} s after the pivot`];
  });
}

/** No step may fail, even if it succeeds in a later round, except those that a row breaks. */
function judgeConsole(group: Group, { zoo }: GroupFinding): readonly string[] {
  const texts = zoo.console.map((line) => line.text);
  const failed = texts.filter((text) =>
    /exitrd: (cannot|'.*' is still (in use|mounted))/.test(text),
  );
  const isEmpty = texts.some((text) =>
    /exitrd: \d+ layers? released in .*, nothing left; /.test(text),
  );
  const expected = group.rows.flatMap(({ failing }) => failing ?? []);
  if (expected.length > 0) {
    return failed.filter((text) => !expected.some((pattern) => pattern.test(text)));
  }
  const mayBeLeft = group.rows.some((row) => row.expectedLeft !== undefined);
  return mayBeLeft
    ? []
    : [...failed, ...(isEmpty ? [] : ["the summary does not say 'nothing left'"])];
}

function hasLine(output: string, line: string): boolean {
  return output.split("\n").includes(line);
}

function findLine(output: string, start: string): string | undefined {
  return output
    .split("\n")
    .find((line) => line.startsWith(start))
    ?.slice(start.length);
}

/** Prints the findings, one fact per line. */
export function formatGroup(group: Group, { zoo, inspector }: GroupFinding): readonly string[] {
  const good = inspector.output.split("\n").filter((line) => line.startsWith("good ")).length;
  const summary = zoo.console.find((line) => /exitrd: \d+ layers released/.test(line.text));
  return [
    `ended by ${zoo.ending} after ${zoo.seconds.toFixed(0)} s, ${measureLeaving(zoo).toFixed(1)} s after the pivot, inspected in ${inspector.seconds.toFixed(0)} s`,
    `${good} of ${group.rows.length} stacks are as they must be`,
    ...(summary === undefined ? [] : [summary.text]),
  ];
}
