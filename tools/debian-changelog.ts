export interface Release {
  readonly version: string;
  /** "2026-11-22" */
  readonly date: string;
  readonly changes: readonly string[];
}

const maintainer = "The exitrd authors <maintainers@exitrd.invalid>";

/**
 * Reads CHANGELOG.md, which has the format of Keep a Changelog: headings
 * "## [0.2.0] - 2026-11-29", newest first, each with lists. A section without
 * a date, such as "[Unreleased]", is left out.
 */
export function parseChangelog(markdown: string): readonly Release[] {
  const releases: { version: string; date: string; changes: string[] }[] = [];
  let changes: string[] | undefined;
  for (const line of markdown.split("\n")) {
    const heading = /^## \[?([0-9][0-9A-Za-z.+~]*)\]?[ (-]+([0-9]{4}-[0-9]{2}-[0-9]{2})/.exec(line);
    if (heading?.[1] !== undefined && heading[2] !== undefined) {
      changes = [];
      releases.push({ version: heading[1], date: heading[2], changes });
    } else if (line.startsWith("## ")) {
      changes = undefined;
    } else if (line.startsWith("- ")) {
      changes?.push(line.slice(2));
    } else if (/^ +\S/.test(line) && changes !== undefined && changes.length > 0) {
      changes.push(`${changes.pop()} ${line.trim()}`);
    }
  }
  return releases;
}

/** Writes releases as Debian's changelog (deb-changelog(5)). */
export function renderDebianChangelog(releases: readonly Release[]): string {
  return releases.map(renderRelease).join("\n");
}

/** Seconds since the epoch of a release, at midnight UTC: the package's SOURCE_DATE_EPOCH. */
export function dateRelease({ date }: Release): number {
  return Date.parse(`${date}T00:00:00Z`) / 1000;
}

function renderRelease(release: Release): string {
  const date = new Date(dateRelease(release) * 1000).toUTCString().replace("GMT", "+0000");
  const changes = release.changes.map((change) => wrapChange(change.replaceAll("`", "'")));
  return `exitrd (${release.version}) unstable; urgency=medium\n\n${changes.join("")}\n -- ${maintainer}  ${date}\n`;
}

/** Lintian requires at most 80 columns. */
function wrapChange(change: string): string {
  let text = "";
  let line = "  *";
  for (const word of change.split(" ")) {
    if (line.length + 1 + word.length > 78) {
      text += `${line}\n`;
      line = "   ";
    }
    line += ` ${word}`;
  }
  return `${text}${line}\n`;
}
