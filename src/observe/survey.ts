import type { Answer } from "./question.ts";

/** How far asking has come. Questions are numbers, in the order of their list. */
export interface Survey {
  readonly answers: ReadonlyMap<number, Answer>;
  /** Those that were not answered in time. */
  readonly mute: ReadonlySet<number>;
  /** Those that are still to be asked, in order. */
  readonly open: readonly number[];
}

export function beginSurvey(count: number): Survey {
  return { answers: new Map(), mute: new Set(), open: Array.from({ length: count }, (_, i) => i) };
}

/**
 * Takes the answers of a child that was asked these one after the other. If some are missing,
 * the first of them is what it was waiting for; those behind it had no turn.
 */
export function recordAnswers(
  survey: Survey,
  asked: readonly number[],
  answers: readonly Answer[],
): Survey {
  const known = new Map(survey.answers);
  const settled = new Set<number>();
  asked.slice(0, answers.length).forEach((question, index) => {
    known.set(question, answers[index] ?? {});
    settled.add(question);
  });
  const stuck = asked[answers.length];
  const mute = stuck === undefined ? survey.mute : new Set([...survey.mute, stuck]);
  const open = survey.open.filter((question) => !settled.has(question) && question !== stuck);
  return { answers: known, mute, open };
}

/**
 * Deals what is open out to as many children as there may be. Neighbours in the list often
 * share a disk: each goes to another child, so that a dead one costs all of them a little.
 */
export function splitOpen({ open }: Survey, most: number): readonly (readonly number[])[] {
  const shards: number[][] = Array.from({ length: Math.min(most, open.length) }, () => []);
  open.forEach((question, index) => {
    shards[index % shards.length]?.push(question);
  });
  return shards;
}

/** When the time is up, what had no turn counts as not answered. */
export function endSurvey({ answers, mute, open }: Survey): Survey {
  return { answers, mute: new Set([...mute, ...open]), open: [] };
}
