import { describe, expect, test } from "vitest";
import { buildScript, readResult, runInNamespace } from "./native-program.ts";

describe("a mount point whose parent directories belong to a user", async () => {
  const result = readResult(runInNamespace(await buildScript("long-path", "musl")));

  test("is unmounted although its path is longer than PATH_MAX", () => {
    expect(result).toMatchObject({
      long: { length: true, direct: "umount2 ENAMETOOLONG", isReleased: true, count: 0 },
    });
  });

  test("is synced and made read-only by that path", () => {
    expect(result).not.toHaveProperty("long.syncs");
    expect(result).not.toHaveProperty("long.becomesReadOnly");
  });

  test("does not delay the plan, however long that is", () => {
    expect((result as { readonly planMs: number }).planMs).toBeLessThan(1_000);
  });

  test("is not reached through a link", () => {
    expect(result).toMatchObject({ link: { failed: "open ENOTDIR", count: 1 } });
  });
});
