/** The progress of asking. Questions are numbers, in the order of their list. */
export interface Survey {
  readonly answers: ReadonlyMap<number, object>;
  /** Questions that were not answered in time. */
  readonly mute: ReadonlySet<number>;
  /** Questions still to be asked, in order. */
  readonly open: readonly number[];
}

export function beginSurvey(count: number): Survey {
  return { answers: new Map(), mute: new Set(), open: Array.from({ length: count }, (_, i) => i) };
}

/**
 * Accepts the answers of a child that was asked these questions in order. If some are missing, the
 * child hung at the first of them; the following ones were not asked.
 */
export function recordAnswers(
  survey: Survey,
  asked: readonly number[],
  answers: readonly object[],
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
 * Distributes the open questions among as many children as possible. Neighbors in the list often
 * share a disk, so they go to different children: a dead disk then delays each of them a little.
 */
export function splitOpen(open: readonly number[], most: number): readonly (readonly number[])[] {
  const shards: number[][] = Array.from({ length: Math.min(most, open.length) }, () => []);
  open.forEach((question, index) => {
    shards[index % shards.length]?.push(question);
  });
  return shards;
}

/** After the deadline, questions that were not asked count as not answered. */
export function endSurvey({ answers, mute, open }: Survey): Survey {
  return { answers, mute: new Set([...mute, ...open]), open: [] };
}
