import { widthOf } from "../../text/columns.ts";

/**
 * The most columns that shorter texts on the left are padded to: one long path must not shift all
 * other lines.
 */
export const WIDEST_PADDED = 44;
const NARROWEST = 20;

/**
 * The columns for two texts in a line with `fixed` other columns: as many as they need if nothing is
 * clipped (`width` is undefined) or there is room for both.
 */
export function divideColumns(
  left: readonly string[],
  right: readonly string[],
  fixed: number,
  width: number | undefined,
): readonly [number, number] {
  const leftMost = left.reduce((most, text) => Math.max(most, widthOf(text)), 0);
  const rightMost = right.reduce((most, text) => Math.max(most, widthOf(text)), 0);
  if (width === undefined) return [leftMost, rightMost];
  const room = Math.max(NARROWEST * 2, width - fixed);
  const leftWidth = Math.min(leftMost, Math.max(NARROWEST, room - rightMost, room >> 1));
  return [leftWidth, room - leftWidth];
}
