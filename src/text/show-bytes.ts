/**
 * Escapes control bytes as \n or \x1b, so that a file name can neither add lines to the record nor
 * control a terminal. Bytes above 0x7f are unchanged, since UTF-8 uses them.
 */
export function showBytes(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are to be escaped
  return text.replace(/[\x00-\x1f\x7f\\]/g, (char) => {
    if (char === "\\") return "\\\\";
    if (char === "\n") return "\\n";
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}

/** A name in quotes, safe to print. */
export function quote(name: string): string {
  return `'${showBytes(name)}'`;
}

/** A line that may hold what a user typed: one line that does not command a terminal. */
export function showLine(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
  return line.replace(/[\x00-\x1f\x7f]/g, showBytes);
}
