// Letters of UTF-8 first, which stay as they are. U+0080 to U+009F command a terminal as well
// (U+009B is ESC [), and so does such a byte alone, to one that does not expect UTF-8.
const LETTER_OR_CONTROL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
  /([\xc3-\xf4][\x80-\xbf]+|\xc2[\xa0-\xbf])|\xc2?[\x80-\x9f]|[\x00-\x1f\x7f]/g;

/**
 * Escapes control characters as \n or \x1b, so that the text stays one line and cannot command a
 * terminal. Everything that is printed goes through this once, at the end.
 */
export function escapeControls(line: string): string {
  return line.replace(LETTER_OR_CONTROL, (control, letter: string | undefined) => {
    if (letter !== undefined) return letter;
    return control === "\n" ? "\\n" : [...control].map(escapeByte).join("");
  });
}

/** The same for a name, whose own backslashes are doubled, so that they do not look like an escape. */
export function showBytes(text: string): string {
  return escapeControls(text.replaceAll("\\", "\\\\"));
}

function escapeByte(char: string): string {
  return `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

/** A name in quotes, safe to print. */
export function quote(name: string): string {
  return `'${showBytes(name)}'`;
}
