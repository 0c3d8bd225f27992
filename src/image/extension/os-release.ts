/**
 * Reads os-release(5) into its assignments: shell quoting, no expansion.
 * A line that is no assignment is left out, as the manual asks for.
 */
export function parseOsRelease(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^[ \t]*([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line.replace(/[ \t\r]+$/, ""));
    if (match?.[1] !== undefined) values.set(match[1], unquote(match[2] ?? ""));
  }
  return values;
}

// No trimEnd above: it would take U+00A0 for a blank, here the last byte of "à".
function unquote(text: string): string {
  const quote = text.charAt(0);
  const quoted = text.length > 1 && text.endsWith(quote) && (quote === '"' || quote === "'");
  const bare = quoted ? text.slice(1, -1) : text;
  // Nothing is special within single quotes, the backslash included.
  return quoted && quote === "'" ? bare : bare.replace(/\\(.)/g, "$1");
}
