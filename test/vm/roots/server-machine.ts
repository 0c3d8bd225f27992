import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { MachineSpec } from "../machine/spec.ts";
import type { ServerMachine } from "../net/server.ts";
import type { BuiltRoot } from "./provide-root.ts";
import { runStage } from "./stage.ts";

const readyLine = "server: ready";

/**
 * Starts the server for the disk in `folder` in a machine of its own. Returns a function that stops
 * it.
 */
export async function startServerMachine(
  { base, initrd }: BuiltRoot,
  { script, port }: ServerMachine,
  enter: readonly string[],
  folder: string,
): Promise<() => Promise<void>> {
  const own = join(folder, "server");
  mkdirSync(own);
  const plug = new AbortController();
  let tellReady = (): void => {};
  const ready = new Promise<void>((resolve) => {
    tellReady = resolve;
  });
  const watch: MachineSpec["watch"] = (text) => {
    if (text === readyLine) tellReady();
  };
  const running = runStage(
    base,
    initrd,
    [{ file: join(folder, "disk0.img"), bus: "virtio", serial: "disk0" }],
    `set -ex\n${script}echo '${readyLine}'\nsleep infinity\n`,
    own,
    {
      network: { enter, captureFile: join(own, "capture"), servedPort: port },
      watch,
      signal: plug.signal,
      isServer: true,
    },
  );
  const ended = running.then(({ ending, output }) => {
    throw new Error(`the server's machine ended by ${ending}:\n${output}`);
  });
  await Promise.race([ready, ended]);
  return async () => {
    plug.abort();
    await running;
  };
}
