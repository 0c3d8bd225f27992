import { expect, test } from "vitest";
import { bundle } from "../../tools/bundle.ts";

test("PID 1 uses no date and no digest but SHA-256, which it does not have", async () => {
  const text = await bundle("src/pid1/main.ts", { EXITRD_VERSION: '"1"' });
  expect(text).toContain("sha256");
  expect(text).not.toMatch(/\bDate\b|\bsha(?:1|384|512)\b/);
});
