/**
 * The last value of `key` in texts of KEY=VALUE lines, ignoring sections; undefined if there is
 * none.
 */
export function readLastKey(key: string, texts: readonly string[]): string | undefined {
  let value: string | undefined;
  for (const line of texts.flatMap((text) => text.split("\n"))) {
    const equals = line.indexOf("=");
    if (equals > 0 && line.slice(0, equals).trim() === key) value = line.slice(equals + 1).trim();
  }
  return value;
}
