import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSwtpm } from "./spawn-swtpm.ts";

export interface MachineTpm {
  /** The socket for QEMU's tpm-emulator. */
  readonly socket: string;
  end(): Promise<void>;
}

/**
 * Starts a TPM for one machine; each command and response is logged to `logFile` in hexadecimal.
 */
export async function startTpm(logFile: string): Promise<MachineTpm> {
  // The path of a socket may have at most 107 bytes.
  const folder = mkdtempSync(join(tmpdir(), "exitrd-tpm-"));
  const socket = join(folder, "control");
  const end = await spawnSwtpm(folder, socket, [
    ...["--ctrl", `type=unixio,path=${socket}`],
    ...["--log", `file=${logFile},level=20`],
  ]);
  return {
    socket,
    end: async () => {
      await end();
      rmSync(folder, { recursive: true });
    },
  };
}
