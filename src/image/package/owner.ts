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

/** For so few paths, searching the text for each is faster. */
const fewPaths = 16;

/** The `paths` that are in a package's list: one file per line, after `prefix`. */
export function pickListed(
  list: string,
  prefix: string,
  paths: readonly string[],
): readonly string[] {
  if (paths.length > fewPaths) return pickFromLines(list, prefix, paths);
  const text = `\n${list}\n`;
  return paths.filter((path) =>
    listAliases(path).some((alias) => text.includes(`\n${prefix}${alias.slice(1)}\n`)),
  );
}

function pickFromLines(list: string, prefix: string, paths: readonly string[]): readonly string[] {
  const wanted = new Map(
    paths.flatMap((path) =>
      listAliases(path).map((alias) => [`${prefix}${alias.slice(1)}`, path] as const),
    ),
  );
  return [...new Set(list.split("\n").flatMap((line) => wanted.get(line) ?? []))];
}
