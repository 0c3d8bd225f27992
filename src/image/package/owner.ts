/** The package that a file belongs to; a version as its package manager writes it. */
export interface Owner {
  readonly package: string;
  readonly version: string;
}

/**
 * The names under which a package may list a file: /usr/bin may be what it calls
 * /bin, since a merged /usr is a link that packages do not know of.
 */
export function listAliases(path: string): readonly string[] {
  if (path.startsWith("/usr/")) return [path, path.slice("/usr".length)];
  return [path, `/usr${path}`];
}

/** Those of `paths` that a package's list has, one file a line, each behind `prefix`. */
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
