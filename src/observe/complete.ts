import type { Snapshot } from "../kinds/kinds.ts";
import type { AskPorts } from "./ask-ports.ts";
import { observe } from "./observe.ts";
import { addAnswers, findProcesses, listQuestions, type Question, type Seen } from "./question.ts";
import {
  MAX_CHILDREN,
  runAll,
  runTask,
  type TaskOutcome,
  type TaskPorts,
  type Work,
} from "./run-task.ts";
import { beginSurvey, endSurvey, recordAnswers, type Survey, splitOpen } from "./survey.ts";

// Observing takes milliseconds, or seconds on a slow machine with thousands of mounts, and longer
// if a dead device holds a lock. Without a view nothing can be released, so waiting costs nothing.
export const OBSERVE_LIMIT_MS = 30_000;
// A device that answers at all does so within microseconds.
const SILENT_MS = 1_000;
// A device that did not answer before is asked again, but must not cost each look a second.
const KNOWN_SILENT_MS = 250;
// Up to sixteen dead devices cost SILENT_MS together. If there are hundreds, some are given up
// without being asked.
const SURVEY_LIMIT_MS = 10_000;
const TEXT_LIMIT_MS = 1_000;

/** The ports for observing. */
export interface ObservePorts extends AskPorts, TaskPorts {
  /** Names of devices that did not answer before. */
  readonly silent?: ReadonlySet<string>;
}

/**
 * Observes in children until `until` at the latest (milliseconds of `ports.clock`): a device that
 * does not answer costs a second and is incomplete in the snapshot. Undefined if not even the text
 * of /proc and /sys could be read.
 */
export function observeMachine(until: number, ports: ObservePorts): Snapshot | undefined {
  const limit = Math.min(OBSERVE_LIMIT_MS, until - ports.clock.now());
  const [first] = runAll([observing(ports)], limit, ports);
  if (first === undefined) throw new Error("one action, no outcome");
  return completeSnapshot(first, until, ports);
}

/** The first child, usually the only one: it reads the text, then asks questions that need no disk. */
export function observing(ports: AskPorts & Pick<ObservePorts, "silent">): Work {
  const action: Work["action"] = (send) => {
    const snapshot = observe(ports.reader);
    // Immediately, because the following questions may never be answered.
    send(writeLine(snapshot));
    const processes = findProcesses(snapshot, ports.reader);
    send(writeLine(processes));
    const seen: Seen = { snapshot, processes };
    const questions = listQuestions(seen).filter((question) => isAskedFirst(question, ports));
    return asking(questions, ports)(send);
  };
  return { action, silentMs: SILENT_MS };
}

/** The snapshot if the first child has answered everything, otherwise undefined. */
export function readWhole(
  first: TaskOutcome,
  ports: Pick<ObservePorts, "silent">,
): Snapshot | undefined {
  const begun = readFirst(first, ports);
  if (begun === undefined) return undefined;
  const { snapshot, questions, survey } = begun;
  const isWhole = survey.open.length === 0 && survey.mute.size === 0;
  return isWhole ? addAnswers(snapshot, questions, survey) : undefined;
}

/** Makes a snapshot from the answers of the first child, and asks further children for the rest. */
export function completeSnapshot(
  first: TaskOutcome,
  until: number,
  ports: ObservePorts,
): Snapshot | undefined {
  const begun = readFirst(first, ports);
  if (begun === undefined) return undefined;
  const { snapshot, questions } = begun;
  const survey = askAll(begun.survey, questions, until, ports);
  return addAnswers(snapshot, questions, addSubstitutes(survey, questions, until, ports));
}

interface Begun {
  readonly snapshot: Snapshot;
  readonly questions: readonly Question[];
  readonly survey: Survey;
}

function readFirst(first: TaskOutcome, ports: Pick<ObservePorts, "silent">): Begun | undefined {
  const [snapshot, processes, ...answers] = readLines(first);
  if (snapshot === undefined) return undefined;
  const seen = { snapshot, processes: processes ?? [] } as Seen;
  const questions = listQuestions(seen);
  const survey = beginSurvey(questions.length);
  const asked = survey.open.filter((index) => isAskedFirst(at(questions, index), ports));
  return {
    snapshot: seen.snapshot,
    questions,
    // It hung at the list of processes, before it asked anything.
    survey:
      processes === undefined ? survey : recordAnswers(survey, asked, answers as readonly object[]),
  };
}

function isAskedFirst(question: Question, ports: Pick<ObservePorts, "silent">): boolean {
  return question.inquiry.readsDisk !== true && !isKnownSilent(question, ports);
}

function isKnownSilent(
  { inquiry, subject }: Question,
  { silent }: Pick<ObservePorts, "silent">,
): boolean {
  return silent?.has(inquiry.deviceOf?.(subject) ?? "") === true;
}

/**
 * Asks open questions in parallel, again without those at which a child hung, until none is left or
 * `until` (milliseconds of `ports.clock`).
 */
export function askAll(
  begun: Survey,
  questions: readonly Question[],
  until: number,
  ports: ObservePorts,
): Survey {
  const end = Math.min(until, ports.clock.now() + SURVEY_LIMIT_MS);
  const known = begun.open.filter((index) => isKnownSilent(at(questions, index), ports));
  let survey = begun;
  const ask = (open: readonly number[], limitMs: number): boolean => {
    const shards = splitOpen(open, MAX_CHILDREN);
    const works = shards.map((shard) => ({
      action: asking(
        shard.map((index) => at(questions, index)),
        ports,
      ),
      firstMs: limitMs,
      silentMs: limitMs,
    }));
    const outcomes = runAll(works, end - ports.clock.now(), ports);
    // Without memory for a child nothing can be asked, and the devices are not to blame.
    if (outcomes.some(({ kind }) => kind === "error")) return false;
    shards.forEach((shard, index) => {
      survey = recordAnswers(survey, shard, readLines(at(outcomes, index)) as readonly object[]);
    });
    return true;
  };
  if (known.length > 0) ask(known, KNOWN_SILENT_MS);
  while (survey.open.length > 0 && ports.clock.now() < end) {
    if (!ask(survey.open, SILENT_MS)) break;
  }
  return endSurvey(survey);
}

function asking(questions: readonly Question[], ports: AskPorts): Work["action"] {
  return (send) => {
    for (const { inquiry, subject } of questions) send(writeLine(inquiry.ask(subject, ports)));
    return "";
  };
}

/** For unanswered questions, reads whatever /sys has as text, in one child. */
function addSubstitutes(
  survey: Survey,
  questions: readonly Question[],
  until: number,
  { reader, ...ports }: ObservePorts,
): Survey {
  const substitutes = [...survey.mute].flatMap((index) => {
    const { inquiry, subject } = at(questions, index);
    const substitute = inquiry.findSubstitute?.(subject);
    return substitute === undefined ? [] : [{ index, substitute }];
  });
  if (substitutes.length === 0) return survey;
  const outcome = runTask(
    () => JSON.stringify(substitutes.map(({ substitute }) => substitute.read(reader))),
    Math.min(TEXT_LIMIT_MS, until - ports.clock.now()),
    ports,
  );
  const read = outcome.kind === "done" ? (JSON.parse(outcome.output) as readonly object[]) : [];
  const answers = new Map(survey.answers);
  substitutes.forEach(({ index, substitute }, nth) => {
    answers.set(index, read[nth] ?? substitute.unread);
  });
  return { ...survey, answers };
}

function writeLine(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

/** A child, which runs the same program, has just written them, so the types match. */
function readLines(outcome: TaskOutcome): readonly unknown[] {
  const text = outcome.kind === "done" ? outcome.output : readSent(outcome);
  // After the last newline there is nothing, or a truncated line.
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

function readSent(outcome: Exclude<TaskOutcome, { readonly kind: "done" }>): string {
  return outcome.kind === "error" ? "" : (outcome.sent ?? "");
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`no element ${index} of ${list.length}`);
  return item;
}
