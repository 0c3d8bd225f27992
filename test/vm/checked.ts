const checkLine = "check ";

/** Bash that has `exitrd check` look at all that a machine has built. `program`: its path. */
export function checkWith(program: string): string {
  return `echo "${checkLine}$(timeout 120 ${program} check --json | tr -d '\\n')"\n`;
}

// Of a machine on which nothing is installed and no partition takes a record: the image is only
// loaded, if at all.
const bareFindings = [
  /^the next shutdown does not go through exitrd: /,
  /^nothing will be loaded after a reboot: /,
  /^no place can keep the record of a shutdown: /,
];

/**
 * Compares what `checkWith` found with the causes of findings that the machine has; returns a
 * sentence for each false or missing one.
 */
export function judgeChecked(output: string, expected: readonly RegExp[]): readonly string[] {
  const line = output.split("\n").find((one) => one.startsWith(checkLine));
  if (line === undefined) return ["'exitrd check' was not run"];
  const { result } = JSON.parse(line.slice(checkLine.length));
  const found: readonly string[] = result.findings.map(
    ({ what }: { readonly what: string }) => what,
  );
  const known = [...bareFindings, ...expected];
  const wrong = found.filter((what) => !known.some((pattern) => pattern.test(what)));
  const missing = expected.filter((pattern) => !found.some((what) => pattern.test(what)));
  return [
    ...wrong.map((what) => `'exitrd check' found: ${what}`),
    ...missing.map((pattern) => `'exitrd check' did not find ${pattern}`),
  ];
}
