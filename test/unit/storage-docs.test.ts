import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { STEP_NAMES } from "../../src/kinds/kinds.ts";
import { bundle, projectRoot } from "../../tools/bundle.ts";
import { DM_TARGETS } from "../../tools/storage/dm-targets.ts";
import { FILE_SYSTEMS } from "../../tools/storage/file-systems.ts";
import { ALL, type KernelUser, type Version } from "../../tools/storage/kernel-user.ts";
import { listKinds, loadKindDocs } from "../../tools/storage/load-docs.ts";
import { OTHER_USERS } from "../../tools/storage/other-users.ts";
import { renderStorage } from "../../tools/storage/render.ts";

type Versions = Readonly<Record<string, readonly Version[]>>;

/**
 * The uses of `file_system_type`, `target_type` and of calls that open, in the sources of Linux.
 */
const linux = JSON.parse(read("test/fixtures/linux/storage-users.json")) as {
  readonly blockFileSystems: Versions;
  readonly otherFileSystems: Versions;
  readonly dmTargets: Versions;
  readonly openers: Versions;
};
const page = read("docs/storage.md");
const all = await loadKindDocs();

function read(path: string): string {
  return readFileSync(join(projectRoot, path), "utf8");
}

function listVersions(users: readonly KernelUser[]): Versions {
  return Object.fromEntries(users.flatMap((user) => user.names.map((name) => [name, user.linux])));
}

test("docs/storage.md is what 'npm run storage' writes", () => {
  expect(renderStorage(all)).toBe(page);
});

test("every folder of src/kinds has its docs.ts", () => {
  expect([...all.keys()]).toEqual(listKinds());
});

test("every step is in the docs of one kind", () => {
  const steps = [...all.values()].flatMap((docs) => docs.steps.map(({ step }) => step));
  expect(steps.sort()).toEqual([...STEP_NAMES].sort());
});

test.each([...all])("'%s' says what is done, and names rows of the zoo", (_kind, docs) => {
  expect(docs.instead === undefined).toBe(docs.steps.length > 0);
  const folder = join(projectRoot, "test/vm/zoo/rows");
  const rows = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  const missing = docs.machines.filter((name) => !rows.some((text) => text.includes(`"${name}"`)));
  expect(missing).toEqual([]);
});

test("every link within the page leads to a heading", () => {
  const anchors = [...page.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^a-z0-9 _-]/g, "")
      .replaceAll(" ", "-"),
  );
  const links = [...page.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor]) => anchor);
  expect(links.filter((anchor) => !anchors.includes(anchor ?? ""))).toEqual([]);
});

test.each(["cli", "pid1"])("%s does not contain the texts of the page", async (program) => {
  const text = await bundle(`src/${program}/main.ts`, {});
  expect(text).not.toMatch(/kinds\/[a-z0-9-]+\/docs\.ts/);
});

describe("for Linux 6.1, 6.12 and 7.2 the page has", () => {
  test("every file system that needs a block device, and every other", () => {
    expect(listVersions(FILE_SYSTEMS)).toEqual({
      ...linux.blockFileSystems,
      ...linux.otherFileSystems,
    });
  });

  test("every device-mapper target", () => {
    expect(listVersions(DM_TARGETS)).toEqual(linux.dmTargets);
  });

  test("every source file that opens a block device or a file", () => {
    const users = [...FILE_SYSTEMS, ...OTHER_USERS];
    const sources = users.flatMap((user) => user.sources ?? []);
    expect([...sources].sort()).toEqual(Object.keys(linux.openers).sort());
  });

  test("no version whose sources were not read", () => {
    const users = [...FILE_SYSTEMS, ...DM_TARGETS, ...OTHER_USERS];
    expect(users.flatMap((user) => user.linux.filter((one) => !ALL.includes(one)))).toEqual([]);
  });
});
