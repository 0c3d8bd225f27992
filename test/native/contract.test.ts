import { describe, expect, test } from "vitest";
import { filesRules } from "../contract/files.ts";
import { tasksRules } from "../contract/tasks.ts";
import { treesRules } from "../contract/trees.ts";
import { buildScript, readResult, runInNamespace } from "./native-program.ts";

const rules = { files: filesRules, trees: treesRules, tasks: tasksRules } as const;

type Results = Readonly<Record<keyof typeof rules, readonly unknown[]>>;

describe("this kernel keeps the contract of", async () => {
  const results = readResult(runInNamespace(await buildScript("contract", "musl"))) as Results;

  describe.each(Object.keys(rules) as readonly (keyof typeof rules)[])("%s", (port) => {
    test.each(rules[port].map(({ name, expected }, index) => ({ name, expected, index })))(
      "$name",
      ({ expected, index }) => {
        expect(results[port][index]).toEqual(expected);
      },
    );
  });
});
