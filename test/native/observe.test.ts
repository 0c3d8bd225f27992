import { describe, expect, test } from "vitest";
import { buildScript, readResult, runInNamespace, variants } from "./native-program.ts";

describe.each(variants)("observing with real children under %s", async (variant) => {
  const result = readResult(runInNamespace(await buildScript("observe", variant)));

  test("devices that hang or crash the child have their data from sysfs; all others answer", () => {
    expect(result).toMatchObject({
      mute: ["0 data0", "20 data20", "21 data21", "22 data22", "50 data50", "99 data99"].map(
        (device) => `253:${device}`,
      ),
      asked: 94,
    });
  });

  test("takes one second for the first that hangs, and one for each round of the rest", () => {
    expect((result as { readonly tookMs: number }).tookMs).toBeLessThan(8_000);
  });
});
