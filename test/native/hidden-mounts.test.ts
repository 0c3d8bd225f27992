import { rmSync } from "node:fs";
import { expect, test } from "vitest";
import { buildScript, readResult, runInNamespace } from "./native-program.ts";

interface Seen {
  readonly before: readonly string[];
  readonly rehearsed: { readonly kind: string; readonly syscall?: string; readonly code?: string };
  readonly between: readonly string[];
  readonly moved: readonly string[];
  readonly after: readonly string[];
  readonly text: string;
  readonly unmounted: readonly unknown[];
}

async function uncover(...args: readonly string[]): Promise<Seen> {
  const program = await buildScript("hidden-mounts", "musl");
  try {
    return readResult(runInNamespace(program, ...args)) as Seen;
  } finally {
    // This machine's own root plays the root of the initramfs.
    rmSync("/.exitrd", { recursive: true, force: true });
  }
}

test("mounts beneath the root are moved to where they can be unmounted", async () => {
  const seen = await uncover();
  const lower = seen.moved.find((target) => target.endsWith("/lower")) ?? "";
  expect(seen.before).toEqual(["/", "/dev", "/proc"]);
  expect(seen.rehearsed.kind).toBe("done");
  // Only in a copy of the mounts.
  expect(seen.between).toEqual(seen.before);
  expect(seen.after).toEqual(expect.arrayContaining(["/", "/dev", "/proc", "/mnt"]));
  expect(seen.after.filter((target) => target.endsWith("/lower"))).toHaveLength(2);
  expect(seen.after).toContain(`/mnt${lower}/inner`);
  expect(seen.text).toBe("kept");
  expect(seen.unmounted.slice(0, 3)).toEqual(["done", "done", "done"]);
  expect(seen.unmounted[3]).toBe("umount2 EINVAL");
});

// Detaching in the copy would detach here, too, and PID 1's mounts with it.
test("nothing is touched if the mount beneath is shared", async () => {
  const seen = await uncover("shared");
  expect(seen.rehearsed).toMatchObject({ kind: "error", syscall: "pivot_root", code: "EINVAL" });
  expect(seen.moved).toEqual([]);
  expect(seen.after).toEqual(seen.before);
});
