// UTF-8 as it is, but for U+0080 to U+009F: they command a terminal as well (U+009B is ESC [),
// and so does such a byte alone, to one that does not expect UTF-8.
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
  /[\xc3-\xdf][\x80-\xbf]|\xc2[\xa0-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|\xc2?[\x80-\x9f]|[\x00-\x1f\x7f]/g;

/**
 * A line that is safe to print: control characters as \n or \x1b, so that it stays one line and
 * cannot command a terminal. What is printed goes through this once, at last.
 */
export function escapeControls(line: string): string {
  return line.replace(UNSAFE, (found) => (isText(found) ? found : escapeBytes(found)));
}

/**
 * The same for a name, whose backslashes are doubled: what stands there can be told from
 * an escape.
 */
export function showBytes(text: string): string {
  return escapeControls(text.replaceAll("\\", "\\\\"));
}

/** Whether it is a sequence of several bytes, and not a control character of two. */
function isText(found: string): boolean {
  return found.length > 1 && !(found.startsWith("\xc2") && found < "\xc2\xa0");
}

function escapeBytes(found: string): string {
  if (found === "\n") return "\\n";
  return [...found]
    .map((char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`)
    .join("");
}

/** A name in quotes, safe to print. */
export function quote(name: string): string {
  return `'${showBytes(name)}'`;
}
