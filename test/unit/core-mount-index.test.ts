import { expect, test } from "vitest";
import { indexMounts, listParentsFirst } from "../../src/teardown/graph/mount-index.ts";
import { makeMount } from "./core-builders.ts";

test("a mount may have more mounts on it than a call can have arguments", () => {
  const root = makeMount(1, 0, "0:1", "/", "tmpfs");
  const others = Array.from({ length: 150_000 }, (_, index) =>
    makeMount(index + 2, 1, "0:2", `/${index}`, "tmpfs"),
  );
  const listed = listParentsFirst(indexMounts([...others, root]));
  expect(listed).toHaveLength(150_001);
  expect(listed[0]).toBe(root);
});
