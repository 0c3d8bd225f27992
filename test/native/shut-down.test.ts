import { join } from "node:path";
import { expect, test } from "vitest";
import { cacheDir } from "../../tools/cache.ts";
import { buildScript, readResult, runCommand, runInNamespace } from "./native-program.ts";

test("an ext4 with a file open for writing is shut down, and its disk needs no recovery", async () => {
  const image = join(cacheDir("test-native"), "shut-down.ext4");
  expect(runCommand("mkfs.ext4", "-q", "-F", image, "4M").status).toBe(0);
  const program = await buildScript("shut-down", "musl");
  expect(readResult(runInNamespace(program, image))).toEqual({
    // The text of /proc and sysfs alone, first while it is mounted, then after.
    plainly: [["umount"], ["loop-detach"]],
    before: true,
    saved: "shut down",
    after: false,
    late: "EIO",
    end: false,
  });
});
