import { expect, test } from "vitest";
import { buildScript, readResult, runCommand } from "./native-program.ts";

test("keys that no process holds are destroyed", async () => {
  const program = await buildScript("clear-keyrings", "musl");
  // In a user namespace of its own, root has keyrings of its own.
  const ended = runCommand("unshare", "--user", "--map-root-user", program);
  expect(readResult(ended)).toEqual({ before: ["session", "user", "userSession"], after: [] });
});
