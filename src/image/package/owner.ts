/** The package that a file belongs to; a version as its package manager writes it. */
export interface Owner {
  readonly package: string;
  readonly version: string;
}

/**
 * The names under which a package may list a file: with a merged /usr, packages may list files in
 * /usr/bin as /bin.
 */
export function listAliases(path: string): readonly string[] {
  if (path.startsWith("/usr/")) return [path, path.slice("/usr".length)];
  return [path, `/usr${path}`];
}

/** The `paths` that are in a package's list: one file per line, after `prefix`. */
export function pickListed(
  list: string,
  prefix: string,
  paths: readonly string[],
): readonly string[] {
  const text = `\n${list}\n`;
  return paths.filter((path) =>
    listAliases(path).some((alias) => text.includes(`\n${prefix}${alias.slice(1)}\n`)),
  );
}
