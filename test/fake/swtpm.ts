import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

/** A software TPM 2.0 of its own, started and empty. */
export interface Swtpm {
  send(command: Uint8Array): Promise<Uint8Array>;
  end(): Promise<void>;
}

const startLimitMs = 10_000;

/** Starts swtpm(8) on a socket in a temporary folder. */
export async function startSwtpm(): Promise<Swtpm> {
  const folder = mkdtempSync(join(tmpdir(), "exitrd-swtpm-"));
  const path = join(folder, "tpm");
  const child = spawn("swtpm", [
    "socket",
    "--tpm2",
    ...["--tpmstate", `dir=${folder}`],
    ...["--server", `type=unixio,path=${path}`],
    ...["--flags", "not-need-init,startup-clear"],
  ]);
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const end = async (): Promise<void> => {
    child.kill();
    await ended;
    rmSync(folder, { recursive: true });
  };
  for (const until = Date.now() + startLimitMs; !existsSync(path); await setTimeout(20)) {
    if (Date.now() > until) throw new Error("swtpm makes no socket");
  }
  const socket = createConnection(path);
  return {
    send: (command) =>
      new Promise((resolve, reject) => {
        socket.once("data", (answer) => resolve(new Uint8Array(answer)));
        socket.once("error", reject);
        socket.write(command);
      }),
    end: () => {
      socket.destroy();
      return end();
    },
  };
}
