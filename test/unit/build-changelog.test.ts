import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  dateRelease,
  parseChangelog,
  renderDebianChangelog,
} from "../../tools/debian-changelog.ts";

const markdown = `# Changelog

## [Unreleased]

### Fixed

- not yet

## [0.2.0] - 2026-11-22

### Added

- One change, which is long enough that it
  goes on in a second line and has to be wrapped.
- \`Two\`.

## [0.1.0] - 2026-01-02

- First.

## 0.0.1 (2025-12-31)

- Written with the date in parentheses.
`;

function readRoot(name: string): string {
  return readFileSync(join(import.meta.dirname, "../..", name), "utf8");
}

test("releases with a date are read, newest first", () => {
  expect(parseChangelog(markdown).map(({ version, date }) => [version, date])).toEqual([
    ["0.2.0", "2026-11-22"],
    ["0.1.0", "2026-01-02"],
    ["0.0.1", "2025-12-31"],
  ]);
});

test("the project's own changelog begins with the version of package.json", () => {
  const { version } = JSON.parse(readRoot("package.json"));
  const releases = parseChangelog(readRoot("CHANGELOG.md"));
  expect(releases[0]?.version).toBe(version);
  for (const { changes } of releases) expect(changes).not.toEqual([]);
});

test("they are written in the format of deb-changelog(5)", () => {
  expect(
    renderDebianChangelog(parseChangelog(markdown)),
  ).toBe(`exitrd (0.2.0) unstable; urgency=medium

  * One change, which is long enough that it goes on in a second line and has
    to be wrapped.
  * 'Two'.

 -- The exitrd authors <maintainers@exitrd.invalid>  Sun, 22 Nov 2026 00:00:00 +0000

exitrd (0.1.0) unstable; urgency=medium

  * First.

 -- The exitrd authors <maintainers@exitrd.invalid>  Fri, 02 Jan 2026 00:00:00 +0000

exitrd (0.0.1) unstable; urgency=medium

  * Written with the date in parentheses.

 -- The exitrd authors <maintainers@exitrd.invalid>  Wed, 31 Dec 2025 00:00:00 +0000
`);
});

test("a release's time is midnight UTC", () => {
  expect(parseChangelog(markdown).map(dateRelease)).toEqual([1795305600, 1767312000, 1767139200]);
});
