import { describe, expect, test } from "vitest";
import { buildScript, readResult, runInNamespace, variants } from "./native-program.ts";

describe.each(variants)("wild arguments under %s", async (variant) => {
  const program = await buildScript("wild", variant);

  test.each(["1", "2", "3", "4"])("with the seed %s result in a value or an Error", (seed) => {
    const calls = 4000;
    const result = readResult(runInNamespace(program, seed, String(calls)));
    const { returned, thrown } = result as { readonly returned: number; readonly thrown: number };
    expect(returned + thrown).toBe(calls);
    // Otherwise they are too wild to reach any code.
    expect(returned).toBeGreaterThan(calls / 10);
  });
});
