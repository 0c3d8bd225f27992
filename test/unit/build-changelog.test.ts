import { expect, test } from "vitest";
import {
  dateRelease,
  parseChangelog,
  renderDebianChangelog,
} from "../../tools/debian-changelog.ts";

const markdown = `# Changelog

## Unreleased

- not yet

## 0.2.0 (2026-11-22)

### Added

- One change, which is long enough that it
  goes on in a second line and has to be wrapped.
- \`Two\`.

## [0.1.0] - 2026-01-02

- First.
`;

test("releases with a date are read, newest first", () => {
  expect(parseChangelog(markdown).map(({ version, date }) => [version, date])).toEqual([
    ["0.2.0", "2026-11-22"],
    ["0.1.0", "2026-01-02"],
  ]);
});

test("they are written as deb-changelog(5) has it", () => {
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
`);
});

test("a release's time is midnight UTC", () => {
  expect(parseChangelog(markdown).map(dateRelease)).toEqual([1795305600, 1767312000]);
});
