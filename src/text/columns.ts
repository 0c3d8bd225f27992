/**
 * Columns of byte strings that hold UTF-8: every byte counts but those that
 * continue a character. Wide and combining characters are not known here.
 */
export function widthOf(text: string): number {
  let width = 0;
  for (let i = 0; i < text.length; i++) if (!isContinuation(text, i)) width += 1;
  return width;
}

/** Fills up with blanks at the right; longer text stays whole. */
export function padRight(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** At most `width` columns, at least 4: the middle of what is longer gives way to "..". */
export function clip(text: string, width: number): string {
  const count = widthOf(text);
  if (count <= width) return text;
  const room = Math.max(width, 4) - 2;
  const head = Math.ceil(room / 2);
  return `${takeColumns(text, 0, head)}..${takeColumns(text, count - (room - head), count)}`;
}

/** The characters of columns `from` to before `to`. */
function takeColumns(text: string, from: number, to: number): string {
  let column = -1;
  let taken = "";
  for (let i = 0; i < text.length; i++) {
    if (!isContinuation(text, i)) column += 1;
    if (column >= from && column < to) taken += text.charAt(i);
  }
  return taken;
}

function isContinuation(text: string, index: number): boolean {
  return (text.charCodeAt(index) & 0xc0) === 0x80;
}
