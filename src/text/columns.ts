/**
 * Columns of byte strings that contain UTF-8: continuation bytes have no width. Wide and combining
 * characters are not supported.
 */
export function widthOf(text: string): number {
  let width = 0;
  for (let i = 0; i < text.length; i++) if (!isContinuation(text, i)) width += 1;
  return width;
}

/** Pads with blanks on the right; longer text is unchanged. */
export function padRight(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** Shortens text to `width` columns, at least 4, by replacing its middle with "..". */
export function clip(text: string, width: number): string {
  const count = widthOf(text);
  if (count <= width) return text;
  const room = Math.max(width, 4) - 2;
  const head = Math.ceil(room / 2);
  return `${takeColumns(text, 0, head)}..${takeColumns(text, count - (room - head), count)}`;
}

/** The characters from column `from` up to, but not including, column `to`. */
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
