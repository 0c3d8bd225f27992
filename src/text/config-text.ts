/** Far above any configuration; what is longer is none. */
export const LONGEST_CONFIG = 65_536;

/** What is wrong with one assignment, or with a whole file. */
export type ConfigProblem =
  | { readonly kind: "unreadable"; readonly reason: string }
  | { readonly kind: "too-long" }
  | { readonly kind: "no-equals"; readonly text: string }
  | { readonly kind: "unknown-section"; readonly section: string }
  | { readonly kind: "no-section"; readonly key: string }
  | { readonly kind: "unknown-key"; readonly key: string }
  | { readonly kind: "wrong-value"; readonly key: string; readonly value: string };

export interface Line {
  /** Where it begins, from 1. */
  readonly line: number;
  readonly words: string;
}

/** Without comments and blank lines; one that ends in a backslash goes on in the next, behind a blank. */
export function joinLines(text: string): readonly Line[] {
  const lines: Line[] = [];
  let start = 0;
  let pending = "";
  const finish = (words: string): void => {
    if (words !== "") lines.push({ line: start, words });
    pending = "";
    start = 0;
  };
  text.split("\n").forEach((raw, index) => {
    const part = raw.trim();
    if (part.startsWith("#") || part.startsWith(";")) return;
    if (start === 0) start = index + 1;
    if (part.endsWith("\\")) pending += `${part.slice(0, -1)} `;
    else finish((pending + part).trim());
  });
  finish(pending.trim());
  return lines;
}
