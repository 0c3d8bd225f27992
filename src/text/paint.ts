/** What a part of a text means; a terminal shows it in a color. */
export type Meaning = "good" | "bad" | "doubtful" | "minor";

export type Paint = (meaning: Meaning, text: string) => string;

const CODES: Readonly<Record<Meaning, string>> = {
  good: "1;32",
  bad: "1;31",
  doubtful: "33",
  minor: "90",
};

/** ECMA-48, select graphic rendition. */
export const paintForTerminal: Paint = (meaning, text) =>
  text === "" ? "" : `\u001b[${CODES[meaning]}m${text}\u001b[0m`;

export const paintNothing: Paint = (_, text) => text;
