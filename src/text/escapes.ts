/**
 * Resolves the octal escapes (\040 and the like) that seq_file writes for
 * blanks, backslashes, commas and "#" (fs/seq_file.c, mangle_path).
 */
export function unescapeOctal(text: string): string {
  // Escapes are rare, and this is called ten times per line.
  if (!text.includes("\\")) return text;
  return text.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
