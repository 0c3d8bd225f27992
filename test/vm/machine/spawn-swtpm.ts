import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { registerCleanUp } from "./clean-up.ts";

const startLimitMs = 10_000;

/**
 * Starts swtpm(8) with an empty TPM 2.0, whose state is in `folder`; resolves when `socket` exists.
 */
export async function spawnSwtpm(
  folder: string,
  socket: string,
  args: readonly string[],
): Promise<() => Promise<void>> {
  const child = spawn("swtpm", ["socket", "--tpm2", "--tpmstate", `dir=${folder}`, ...args], {
    stdio: "ignore",
  });
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const end = registerCleanUp(() => child.kill("SIGKILL"));
  for (const until = Date.now() + startLimitMs; !existsSync(socket); await setTimeout(20)) {
    if (child.exitCode !== null || Date.now() > until) throw new Error("cannot start swtpm");
  }
  return async () => {
    end();
    await ended;
  };
}
