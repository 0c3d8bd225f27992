/**
 * Splits at runs of blanks and tabs, with which kernel tables are padded. String.split does not
 * support regular expressions in QuickJS without their compiler.
 */
export function splitWords(line: string): readonly string[] {
  return line
    .replaceAll("\t", " ")
    .split(" ")
    .filter((word) => word !== "");
}
