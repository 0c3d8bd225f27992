import { runTask } from "../../observe/run-task.ts";
import type { Verb } from "../../teardown/verb.ts";
import type { Share } from "../deadline/share-time.ts";
import type { ShutdownPorts } from "../shutdown.ts";

const LIMIT_MS = 1_000;

/**
 * Reads the reboot parameter, if `verb` takes one. In a child: /run may have been swapped out to a
 * disk that no longer responds.
 */
export function readParameter(verb: Verb, share: Share, ports: ShutdownPorts): string | undefined {
  if (verb !== "reboot") return undefined;
  const read = runTask(() => ports.readRebootParameter() ?? "", share(LIMIT_MS), ports);
  return read.kind === "done" && read.output !== "" ? read.output : undefined;
}
