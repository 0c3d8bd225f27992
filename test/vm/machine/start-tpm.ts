import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSwtpm } from "./spawn-swtpm.ts";

export interface MachineTpm {
  /** For QEMU's tpm-emulator. */
  readonly socket: string;
  end(): Promise<void>;
}

/** Starts a TPM for one machine; each command and answer goes to `logFile`, in hexadecimal. */
export async function startTpm(logFile: string): Promise<MachineTpm> {
  // A socket's path has room for 107 bytes only.
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
