import type { Snapshot } from "../kinds/kinds.ts";
import { INQUIRIES } from "../kinds/observed.ts";
import type { Reader } from "../port/teardown.ts";
import { deviceInquiry } from "./device-inquiry.ts";
import type { Inquiry } from "./inquiry.ts";
import type { Survey } from "./survey.ts";

/** The text of /proc and /sys, which needs no disk I/O and no answer of a server. */
export interface Seen {
  readonly snapshot: Snapshot;
  /** The processes that each inquiry has found. */
  readonly processes: readonly (readonly string[])[];
}

export interface Question {
  readonly inquiry: Inquiry<unknown, object>;
  readonly subject: unknown;
}

const ALL: readonly Inquiry<unknown, object>[] = [deviceInquiry, ...Object.values(INQUIRIES)];

/** May block while a process of the list is being created or is exiting. */
export function findProcesses(snapshot: Snapshot, reader: Reader): Seen["processes"] {
  return ALL.map((inquiry) => inquiry.findProcesses?.(snapshot, reader) ?? []);
}

export function listQuestions({ snapshot, processes }: Seen): readonly Question[] {
  return ALL.flatMap((inquiry, index) =>
    inquiry
      .listQuestions(snapshot, processes[index] ?? [])
      .map((subject): Question => ({ inquiry, subject })),
  );
}

/** Adds the answers to `questions` to the text of /proc and /sys. */
export function addAnswers(
  snapshot: Snapshot,
  questions: readonly Question[],
  { answers, mute }: Survey,
): Snapshot {
  return ALL.reduce((known, inquiry) => {
    const replies = questions.flatMap((question, index) =>
      question.inquiry === inquiry
        ? [{ question: question.subject, answer: answers.get(index), mark: makeMark(mute, index) }]
        : [],
    );
    return replies.length === 0 ? known : inquiry.addReplies(known, replies);
  }, snapshot);
}

function makeMark(mute: Survey["mute"], index: number): { readonly mute?: true } {
  return mute.has(index) ? { mute: true } : {};
}
