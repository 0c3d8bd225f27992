/**
 * Splits at runs of blanks and tabs, which kernel tables pad with. String.split
 * takes no regular expression in QuickJS without their compiler.
 */
export function splitWords(line: string): readonly string[] {
  return line
    .replaceAll("\t", " ")
    .split(" ")
    .filter((word) => word !== "");
}
