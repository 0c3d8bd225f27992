import type { Owner } from "./owner.ts";

/** The package of a directory in /var/lib/pacman/local: NAME-VERSION-RELEASE. */
export function findPacmanOwner(directory: string): Owner | undefined {
  const match = /^(.+)-([^-]+-[^-]+)$/.exec(directory);
  const [, name, version] = match ?? [];
  return name === undefined || version === undefined ? undefined : { package: name, version };
}
