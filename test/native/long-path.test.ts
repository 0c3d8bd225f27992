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

  test("is found among others when the table of mounts has more than 64 MiB, and detached", () => {
    expect(result).toMatchObject({
      many: { hasRoot: true, listed: 66, isAllListed: true, isReleased: true, left: 0 },
    });
    expect(result).not.toHaveProperty("many.failed");
    // The kernel alone takes a second.
    expect((result as { many: { tookMs: number } }).many.tookMs).toBeLessThan(6_000);
  });

  test("does not delay the plan, however long that is", () => {
    expect((result as { planMs: number }).planMs).toBeLessThan(1_000);
  });

  test("is not reached through a link", () => {
    expect(result).toMatchObject({ link: { failed: "open ENOTDIR", count: 1 } });
  });
});
