import { mkdtempSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSwtpm } from "../vm/machine/spawn-swtpm.ts";

/** A software TPM 2.0, started with an empty state. */
export interface Swtpm {
  send(command: Uint8Array): Promise<Uint8Array>;
  end(): Promise<void>;
}

/** Starts one in a temporary folder, and talks to it without a driver. */
export async function startSwtpm(): Promise<Swtpm> {
  const folder = mkdtempSync(join(tmpdir(), "exitrd-swtpm-"));
  const path = join(folder, "tpm");
  const end = await spawnSwtpm(folder, path, [
    ...["--server", `type=unixio,path=${path}`],
    ...["--flags", "not-need-init,startup-clear"],
  ]);
  const socket = createConnection(path);
  return {
    send: (command) =>
      new Promise((resolve, reject) => {
        socket.once("data", (answer) => resolve(new Uint8Array(answer)));
        socket.once("error", reject);
        socket.write(command);
      }),
    end: async () => {
      socket.destroy();
      await end();
      rmSync(folder, { recursive: true });
    },
  };
}
