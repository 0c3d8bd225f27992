import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { projectRoot } from "../../tools/bundle.ts";

const pages = [
  ...["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "RELEASING.md", "test/vm/README.md"],
  ...["docs", "docs/decisions", "docs/guides"].flatMap(listPages),
];

const files = ["src", "test", "tools", "native"].flatMap((folder) =>
  readdirSync(join(projectRoot, folder), { recursive: true, encoding: "utf8" }).map(
    (name) => `${folder}/${name}`,
  ),
);

function listPages(folder: string): readonly string[] {
  const names = readdirSync(join(projectRoot, folder)).filter((name) => name.endsWith(".md"));
  return names.sort().map((name) => `${folder}/${name}`);
}

function read(page: string): string {
  return readFileSync(join(projectRoot, page), "utf8");
}

/** Paths in backticks that begin with a folder of the checkout; `<kind>` and `*` are patterns. */
function listPaths(text: string): readonly string[] {
  const found = text.matchAll(
    /`((?:src|test|native|tools|integration|packaging|docs|man)\/[^`\s]*)`/g,
  );
  return [...found].map(([, path = ""]) => path).filter((path) => !/[*<>{}]/.test(path));
}

/**
 * Scripts in backticks, given by the end of their path: `zoo/judge.ts`. A bare name is ambiguous.
 */
function listScripts(text: string): readonly string[] {
  const found = text.matchAll(/`([a-z][\w-]*\/[\w/.-]+\.(?:ts|sh))`/g);
  return [...found].map(([, path = ""]) => path);
}

/** The targets of links, relative to the page's folder. */
function listLinks(page: string): readonly string[] {
  const found = read(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g);
  return [...found].map(([, path = ""]) => join(dirname(page), path));
}

test.each(pages)("every path in %s exists", (page) => {
  const named = [...listPaths(read(page)), ...listLinks(page)];
  expect(named.filter((path) => !existsSync(join(projectRoot, path)))).toEqual([]);
});

test.each(pages)("every script in %s exists", (page) => {
  const missing = listScripts(read(page)).filter(
    (name) => !files.some((file) => `/${file}`.endsWith(`/${name}`)),
  );
  expect(missing).toEqual([]);
});

test("ARCHITECTURE.md is a map of every folder of src, in at most 8 KiB", () => {
  const text = read("ARCHITECTURE.md");
  const entries = readdirSync(join(projectRoot, "src"), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(folders.filter((name) => !text.includes(`\`src/${name}/`))).toEqual([]);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(8_192);
});
