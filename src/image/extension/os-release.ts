/**
 * Reads the assignments in os-release(5), with shell quoting but no expansion. Other lines are
 * ignored, as the manual requires.
 */
export function parseOsRelease(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^[ \t]*([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line.replace(/[ \t\r]+$/, ""));
    if (match?.[1] !== undefined) values.set(match[1], unquote(match[2] ?? ""));
  }
  return values;
}

// Not trimEnd(): it would remove U+00A0, which is the last byte of "à" here.
function unquote(text: string): string {
  const quote = text.charAt(0);
  const quoted = text.length > 1 && text.endsWith(quote) && (quote === '"' || quote === "'");
  const bare = quoted ? text.slice(1, -1) : text;
  // Nothing is special within single quotes, not even the backslash.
  return quoted && quote === "'" ? bare : bare.replace(/\\(.)/g, "$1");
}
