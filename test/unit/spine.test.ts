import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectRoot } from "../../tools/bundle.ts";

// The path of a shutdown: PID 1's sequence, the rounds, the deadlines and the steps. Biome limits the
// length of a function there to 60 lines.
const FOLDERS = ["src/execute", "src/execute/deadline", "src/execute/step"];
const MOST_LINES = 1_000;

function listSpine(): readonly string[] {
  const listed = FOLDERS.flatMap((folder) =>
    readdirSync(join(projectRoot, folder))
      .filter((name) => name.endsWith(".ts"))
      .map((name) => `${folder}/${name}`),
  );
  return ["src/pid1/main.ts", ...listed];
}

test("the spine of PID 1 has at most 1,000 lines", () => {
  const lines = listSpine().map(
    (path) => readFileSync(join(projectRoot, path), "utf8").trimEnd().split("\n").length,
  );
  expect(lines.length).toBeGreaterThan(10);
  expect(lines.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(MOST_LINES);
});
