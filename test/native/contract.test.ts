import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cacheDir } from "../../tools/cache.ts";
import { filesRules } from "../contract/files.ts";
import { machineRules } from "../contract/machine.ts";
import { tasksRules } from "../contract/tasks.ts";
import { treesRules } from "../contract/trees.ts";
import { buildScript, readResult, runCommand, runInNamespace } from "./native-program.ts";

const rules = {
  files: filesRules,
  trees: treesRules,
  machine: machineRules,
  tasks: tasksRules,
} as const;

/** Creates an ext4 image, as small as possible with a journal; returns its path. */
function makeExt4(): string {
  const path = join(cacheDir("test-native"), "contract.ext4");
  const made = runCommand("mkfs.ext4", "-q", "-F", path, "4M");
  if (made.status !== 0) throw new Error(made.stderr);
  return path;
}

type Results = Readonly<Record<keyof typeof rules, readonly unknown[]>>;

describe("this kernel obeys the rules of", async () => {
  const program = await buildScript("contract", "musl");
  const results = readResult(runInNamespace(program, makeExt4())) as Results;

  describe.each(Object.keys(rules) as readonly (keyof typeof rules)[])("%s", (port) => {
    test.each(rules[port].map(({ name, expected }, index) => ({ name, expected, index })))(
      "$name",
      ({ expected, index }) => {
        expect(results[port][index]).toEqual(expected);
      },
    );
  });
});
