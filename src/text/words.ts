/**
 * Splits at runs of blanks and tabs, which pad kernel tables. String.split needs the regular
 * expression compiler, which our QuickJS lacks.
 */
export function splitWords(line: string): readonly string[] {
  return line
    .replaceAll("\t", " ")
    .split(" ")
    .filter((word) => word !== "");
}
