import { expect, test } from "vitest";
import { buildScript, readResult, runCommand } from "./native-program.ts";

test("PID 1 closes inherited descriptors, unless systemd passes them on to the next kernel", async () => {
  const program = await buildScript("prepare", "musl");
  expect(readResult(runCommand(program, "reboot"))).toBe(false);
  const kept = runCommand("env", "SYSTEMD_LUO_SERIALIZE_FD=9", program, "kexec");
  expect(readResult(kept)).toBe(true);
});
