/** The syntax that exitrd.conf(5) and exitrd-build.conf(5) share: systemd.syntax(7). */

/** In bytes, far more than any configuration needs; a longer file is rejected. */
export const LONGEST_CONFIG = 65_536;

/** Syntax errors, which do not depend on the meaning of keys. */
export type SyntaxProblem =
  | { readonly kind: "unreadable"; readonly reason: string }
  | { readonly kind: "too-long" }
  | { readonly kind: "no-equals"; readonly text: string }
  | { readonly kind: "unknown-section"; readonly section: string }
  | { readonly kind: "no-section"; readonly key: string }
  | { readonly kind: "unknown-key"; readonly key: string };

/** Skipped as systemd does: some editors write this byte order mark, and it is invisible. */
function withoutMark(text: string): string {
  return text.startsWith("\xef\xbb\xbf") ? text.slice(3) : text;
}

export interface Line {
  /** The number of its first line, from 1. */
  readonly line: number;
  readonly words: string;
}

/**
 * Removes comments and blank lines, and joins a line that ends in a backslash with the next one,
 * with a blank between them.
 */
export function joinLines(text: string): readonly Line[] {
  const lines: Line[] = [];
  let start = 0;
  let pending = "";
  const finish = (words: string): void => {
    if (words !== "") lines.push({ line: start, words });
    pending = "";
    start = 0;
  };
  withoutMark(text)
    .split("\n")
    .forEach((raw, index) => {
      const part = raw.trim();
      if (part.startsWith("#") || part.startsWith(";")) return;
      if (start === 0) start = index + 1;
      if (part.endsWith("\\")) pending += `${part.slice(0, -1)} `;
      else finish((pending + part).trim());
    });
  finish(pending.trim());
  return lines;
}
