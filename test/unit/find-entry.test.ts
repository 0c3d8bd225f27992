import { expect, test } from "vitest";
import type { CpioEntry } from "../../src/image/cpio-entry.ts";
import { findEntry, mapEntries } from "../../src/image/find-entry.ts";

const link = (path: string, target: string): CpioEntry => {
  return { kind: "link", path, mode: 0o777, target };
};

const tree = mapEntries([
  { kind: "directory", path: "usr", mode: 0o755 },
  { kind: "directory", path: "usr/bin", mode: 0o755 },
  { kind: "file", path: "usr/bin/dash", mode: 0o555, data: new Uint8Array() },
  link("usr/bin/sh", "dash"),
  link("bin", "usr/bin"),
  link("usr/sh", "/bin/../bin/sh"),
  link("a", "b"),
  link("b", "a"),
]);

test.each([
  ["/bin/sh", "usr/bin/dash"],
  ["bin", "usr/bin"],
  ["/usr/sh", "usr/bin/dash"],
  ["/bin/../sh", "usr/bin/dash"],
  ["/usr/bin/../../bin/./dash", "usr/bin/dash"],
  ["a", undefined],
  ["none", undefined],
])("%s leads to %s", (path, found) => {
  expect(findEntry(tree, path)?.path).toBe(found);
});
