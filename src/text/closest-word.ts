/** Fewer letters match too many words. */
const SHORTEST_START = 3;

/**
 * The known word that was probably meant: the closest one, or the only one with this beginning,
 * ignoring case. Undefined if there is none.
 */
export function findClosest(word: string, known: readonly string[]): string | undefined {
  // One mistake for every three letters; a word with more could hardly be meant as another one.
  const most = Math.min(3, Math.floor(word.length / 3));
  const lower = word.slice(0, 64).toLowerCase();
  const near = known
    .map((name) => ({ name, distance: measure(lower, name.toLowerCase()) }))
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.name ?? findByStart(lower, known);
}

function findByStart(start: string, known: readonly string[]): string | undefined {
  if (start.length < SHORTEST_START) return undefined;
  const [name, other] = known.filter((word) => word.toLowerCase().startsWith(start));
  return other === undefined ? name : undefined;
}

/** The number of letters to insert, remove, replace or swap with their neighbor. */
function measure(a: string, b: string): number {
  let above: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next.push(
        Math.min(
          (next[j - 1] ?? 0) + 1,
          (row[j] ?? 0) + 1,
          (row[j - 1] ?? 0) + (isSame ? 0 : 1),
          isSwapped ? (above[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    above = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
