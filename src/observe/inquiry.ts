import type { Snapshot } from "../kinds/kinds.ts";
import type { Reader } from "../port/teardown.ts";
import type { AskPorts } from "./ask-ports.ts";

/**
 * The questions of one kind that may never be answered, because a disk is dead, a server is gone or
 * a process is stuck. `Q` is the subject of a question, `A` its answer: an object, as JSON.
 */
export interface Inquiry<Q, A extends object> {
  /** Lists entries of /proc to ask about, by the text of links alone. Absent if the snapshot suffices. */
  findProcesses?(snapshot: Snapshot, reader: Reader): readonly string[];
  /** Deterministic: parent and child each compute the same list from the same text. */
  listQuestions(snapshot: Snapshot, processes: readonly string[]): readonly Q[];
  /** Asks one question. May block for ever. */
  ask(question: Q, ports: AskPorts): A;
  /** The name of the device that a question is about, if it is about one. */
  deviceOf?(question: Q): string;
  /** The question reads a disk, which takes time in which others can be asked. */
  readonly readsDisk?: true;
  /** Finds another source for a question without an answer; undefined if there is none. */
  findSubstitute?(question: Q): Substitute<A> | undefined;
  /** Completes the snapshot; `replies` has all questions of the list, in its order. */
  addReplies(snapshot: Snapshot, replies: readonly Reply<Q, A>[]): Snapshot;
}

export interface Reply<Q, A> {
  readonly question: Q;
  /** Also undefined if the question was not asked. */
  readonly answer: A | undefined;
  /** The mark of a device or swap for which there was no answer in time. */
  readonly mark: { readonly mute?: true };
}

/** An answer as complete as text of /sys allows. */
export interface Substitute<A> {
  read(reader: Reader): A;
  /** The answer if even that text could not be read in time. */
  readonly unread: A;
}
