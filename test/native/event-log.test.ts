import { expect, test } from "vitest";
import { buildScript, readResult, runInNamespace } from "./native-program.ts";

test("the event log is locked, marked and written as systemd does it", async () => {
  const result = readResult(runInNamespace(await buildScript("event-log", "musl")));
  const written = { meanwhile: "1600", locked: "flock EAGAIN", after: "600" };
  expect(result).toEqual({
    first: written,
    second: written,
    text: '\x1e{}\n\x1e{"pcr":12}\n',
    busy: "flock EAGAIN",
    waited: expect.any(Number),
    broken: ["1600", "incomplete", true],
    link: "open ELOOP",
  });
  expect((result as { waited: number }).waited).toBeLessThan(6_000);
});
