/** Milliseconds of the units of systemd.time(7) that are short enough for a shutdown. */
const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ["us", 0.001],
  ["\u00b5s", 0.001],
  ["\u00c2\u00b5s", 0.001],
  ["\u00ce\u00bcs", 0.001],
  ["usec", 0.001],
  ["ms", 1],
  ["msec", 1],
  ["", 1000],
  ["s", 1000],
  ["sec", 1000],
  ["second", 1000],
  ["seconds", 1000],
  ["m", 60_000],
  ["min", 60_000],
  ["minute", 60_000],
  ["minutes", 60_000],
  ["h", 3_600_000],
  ["hr", 3_600_000],
  ["hour", 3_600_000],
  ["hours", 3_600_000],
  ["d", 86_400_000],
  ["day", 86_400_000],
  ["days", 86_400_000],
]);

/**
 * Reads a time span as in systemd.time(7): "90s", "1min 30s", "90000000us", a plain number of
 * seconds, or "infinity". Returns milliseconds; undefined if it is invalid.
 */
export function parseTimeSpan(text: string): number | undefined {
  if (text.trim() === "infinity") return Number.POSITIVE_INFINITY;
  let total = 0;
  let count = 0;
  // replace(), since matchAll() needs the regular expression compiler.
  const rest = text.replace(
    /([0-9]+(?:\.[0-9]*)?)[ \t]*([a-z\u0080-\u00ff]*)/g,
    (_, amount: string, unit: string) => {
      total += Number(amount) * (UNIT_MS.get(unit) ?? Number.NaN);
      count += 1;
      return "";
    },
  );
  // The text between the parts must be blank, otherwise "90x s" would be 90 s.
  return count === 0 || Number.isNaN(total) || rest.trim() !== "" ? undefined : total;
}
