import { listFuseProcesses } from "../kinds/fuse/observe.ts";
import type { BlockDevice, DeviceFields, Snapshot } from "../kinds/kinds.ts";
import { findDeviceObserver } from "../kinds/observed.ts";
import { addAnswers, type MuteTexts } from "./add-answers.ts";
import type { AskPorts } from "./ask-ports.ts";
import type { DeviceObserver } from "./device-observer.ts";
import { observe } from "./observe.ts";
import { type Answer, askQuestion, listQuestions, type Question, type Seen } from "./question.ts";
import {
  MAX_CHILDREN,
  runAll,
  runTask,
  type TaskOutcome,
  type TaskPorts,
  type Work,
} from "./run-task.ts";
import { beginSurvey, endSurvey, recordAnswers, type Survey, splitOpen } from "./survey.ts";

// It takes milliseconds, or seconds on a slow machine with thousands of mounts, and longer if a dead
// device holds a lock; but without a view nothing can be released, so waiting costs nothing.
export const OBSERVE_LIMIT_MS = 30_000;
// A device that answers at all does so within microseconds.
const SILENT_MS = 1_000;
const LABEL_SILENT_MS = 3_000;
// Up to sixteen dead devices cost SILENT_MS together. With hundreds, some are given up without a turn.
const SURVEY_LIMIT_MS = 10_000;
const TEXT_LIMIT_MS = 1_000;

/** The ports for observing. */
export interface ObservePorts extends AskPorts, TaskPorts {}

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
export function observing(ports: AskPorts): Work {
  const action: Work["action"] = (send) => {
    const snapshot = observe(ports.reader);
    // Immediately, because the following questions may never be answered.
    send(writeLine(snapshot));
    const servers = listFuseProcesses(snapshot, ports.reader);
    send(writeLine(servers));
    const seen: Seen = { snapshot, servers };
    return asking(listQuestions(seen).filter(isQuick), ports)(send);
  };
  return { action, silentMs: SILENT_MS };
}

/** The snapshot if the first child has answered everything, otherwise undefined. */
export function readWhole(first: TaskOutcome): Snapshot | undefined {
  const begun = readFirst(first);
  if (begun === undefined) return undefined;
  const { snapshot, questions, survey } = begun;
  const isWhole = survey.open.length === 0 && survey.mute.size === 0;
  return isWhole ? addAnswers(snapshot, questions, survey, new Map()) : undefined;
}

/** Makes a snapshot from the answers of the first child, and asks further children for the rest. */
export function completeSnapshot(
  first: TaskOutcome,
  until: number,
  ports: ObservePorts,
): Snapshot | undefined {
  const begun = readFirst(first);
  if (begun === undefined) return undefined;
  const { snapshot, questions } = begun;
  const survey = askAll(begun.survey, questions, until, ports);
  const texts = readMuteTexts(listMute(questions, survey), until, ports);
  return addAnswers(snapshot, questions, survey, texts);
}

interface Begun {
  readonly snapshot: Snapshot;
  readonly questions: readonly Question[];
  readonly survey: Survey;
}

function readFirst(first: TaskOutcome): Begun | undefined {
  const [snapshot, servers, ...answers] = readLines(first);
  if (snapshot === undefined) return undefined;
  const seen = { snapshot, servers: servers ?? [] } as Seen;
  const questions = listQuestions(seen);
  const survey = beginSurvey(questions.length);
  const asked = survey.open.filter((index) => isQuick(at(questions, index)));
  return {
    snapshot: seen.snapshot,
    questions,
    // It hung at the list of processes, before it asked anything.
    survey:
      servers === undefined ? survey : recordAnswers(survey, asked, answers as readonly Answer[]),
  };
}

/** Reading a disk takes time, in which others can be read. */
function isQuick(question: Question): boolean {
  return question.kind !== "label";
}

function listMute(questions: readonly Question[], { mute }: Survey): readonly BlockDevice[] {
  return questions.flatMap((question, index) =>
    question.kind === "device" && mute.has(index) && findMute(question.device) !== undefined
      ? [question.device]
      : [],
  );
}

/** Asks open questions in parallel, again without those at which a child hung, until none is left. */
function askAll(
  begun: Survey,
  questions: readonly Question[],
  until: number,
  ports: ObservePorts,
): Survey {
  const end = Math.min(until, ports.clock.now() + SURVEY_LIMIT_MS);
  let survey = begun;
  while (survey.open.length > 0 && ports.clock.now() < end) {
    const shards = splitOpen(survey, MAX_CHILDREN);
    const limitMs = survey.open.every((index) => isQuick(at(questions, index)))
      ? SILENT_MS
      : LABEL_SILENT_MS;
    const works = shards.map((shard) => ({
      action: asking(
        shard.map((index) => at(questions, index)),
        ports,
      ),
      firstMs: limitMs,
      silentMs: limitMs,
    }));
    const outcomes = runAll(works, end - ports.clock.now(), ports);
    // Without memory for a child nothing can be asked; the devices are not to blame.
    if (outcomes.some(({ kind }) => kind === "error")) break;
    shards.forEach((shard, index) => {
      survey = recordAnswers(survey, shard, readLines(at(outcomes, index)) as readonly Answer[]);
    });
  }
  return endSurvey(survey);
}

function asking(questions: readonly Question[], ports: AskPorts): Work["action"] {
  return (send) => {
    for (const question of questions) send(writeLine(askQuestion(question, ports)));
    return "";
  };
}

function readMuteTexts(
  devices: readonly BlockDevice[],
  until: number,
  { reader, ...ports }: ObservePorts,
): MuteTexts {
  if (devices.length === 0) return new Map();
  const read = runTask(
    () => JSON.stringify(devices.map((device) => findMute(device)?.observe(device, reader))),
    Math.min(TEXT_LIMIT_MS, until - ports.clock.now()),
    ports,
  );
  const texts = read.kind === "done" ? (JSON.parse(read.output) as readonly DeviceFields[]) : [];
  return new Map(
    devices.map((device, index) => [
      device.name,
      texts[index] ?? findMute(device)?.unread(device) ?? {},
    ]),
  );
}

function findMute({ name }: BlockDevice): DeviceObserver<DeviceFields>["mute"] {
  return findDeviceObserver(name.replaceAll("/", "!"))?.mute;
}

function writeLine(value: Snapshot | Seen["servers"] | Answer): string {
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
