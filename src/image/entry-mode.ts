const othersRead = 0o004;

/**
 * The mode of a copy of a file of mode `source`: nobody writes it, and where others may not
 * read the source, which may hold a password, they may not read the copy.
 */
export function chooseMode(source: number, isExecutable: boolean): number {
  const mode = isExecutable ? 0o555 : 0o444;
  return (source & othersRead) === 0 ? mode & 0o500 : mode;
}

/** The mode of an image: the copies in it are as readable as the image itself. */
export function chooseImageMode(entries: readonly { readonly mode: number }[]): number {
  return entries.every(({ mode }) => (mode & othersRead) !== 0) ? 0o644 : 0o600;
}
