const othersRead = 0o004;

/**
 * The mode of a copy of a file with mode `source`: never writable, and not readable by others if
 * the source, which may contain a password, is not.
 */
export function chooseMode(source: number, isExecutable: boolean): number {
  const mode = isExecutable ? 0o555 : 0o444;
  return (source & othersRead) === 0 ? mode & 0o500 : mode;
}

/** The mode of an image: whoever can read it can read the copies in it. */
export function chooseImageMode(entries: readonly { readonly mode: number }[]): number {
  return entries.every(({ mode }) => (mode & othersRead) !== 0) ? 0o644 : 0o600;
}
