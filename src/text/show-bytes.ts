// Matches characters of UTF-8 first, which are not escaped. U+0080 to U+009F are control characters
// too (U+009B is ESC [), and so are these bytes on a terminal that does not use UTF-8. U+2028
// and U+2029 end a line; U+202A to U+202E and U+2066 to U+2069 change the direction of text.
const LETTER_OR_CONTROL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it matches control characters
  /\xe2\x80[\xa8-\xae]|\xe2\x81[\xa6-\xa9]|([\xc3-\xf4][\x80-\xbf]+|\xc2[\xa0-\xbf])|\xc2?[\x80-\x9f]|[\x00-\x1f\x7f]/g;

/**
 * Escapes control characters as \n or \x1b, so that the text stays one line and cannot control a
 * terminal. Everything that is printed is escaped once, at the end.
 */
export function escapeControls(line: string): string {
  return line.replace(LETTER_OR_CONTROL, (control, letter: string | undefined) => {
    if (letter !== undefined) return letter;
    return control === "\n" ? "\\n" : [...control].map(escapeByte).join("");
  });
}

/** Escapes a name. Its own backslashes are doubled, so that they do not look like escapes. */
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
