import { runTask, type TaskOutcome, type TaskPorts } from "../../observe/run-task.ts";
import type { ManagementController } from "../../port/record.ts";
import type { Console } from "../../port/teardown.ts";
import {
  type KeepProblem,
  keepProblemLine,
  keptLine,
} from "../../teardown/record/describe-keeping.ts";
import type { ShutdownRecord } from "../../teardown/record/record.ts";
import { ADD_SEL_ENTRY, encodeSelEntry, STORAGE } from "../../teardown/record/sel-entry.ts";
import type { Share } from "../deadline/share-time.ts";
import { readEnd } from "./read-end.ts";

// A BMC answers within milliseconds, one that is busy within tenths of a second.
const LIMIT_MS = 1_000;

const WHERE = "the BMC";

export interface BmcPorts extends TaskPorts {
  readonly managementController: ManagementController;
}

/**
 * Adds one entry to the system event log (SEL) of the BMC, for whoever reads that: it is not imported
 * at the next boot. Takes one second at most, and one share. A failure is reported and changes
 * nothing else.
 */
export function logToBmc(
  record: ShutdownRecord,
  share: Share,
  ports: BmcPorts,
  console: Console,
): void {
  const limitMs = Math.round(share(LIMIT_MS));
  const send = (): string => {
    const entry = encodeSelEntry(record);
    const [code] = ports.managementController.request(STORAGE, ADD_SEL_ENTRY, entry, limitMs) ?? [];
    return code === undefined ? "" : String(code);
  };
  const problem = readCompletion(runTask(send, limitMs, ports), limitMs);
  if (problem === undefined) console.info(keptLine(record.verdict, WHERE));
  else console.warn(keepProblemLine(WHERE, problem));
}

function readCompletion(ended: TaskOutcome, limitMs: number): KeepProblem | undefined {
  if (ended.kind === "error" && ended.code === "ENOENT") return { kind: "no-driver" };
  if (ended.kind !== "done") return readEnd(ended, limitMs);
  if (ended.output === "") return { kind: "hung", limitMs };
  const code = Number(ended.output);
  return code === 0 ? undefined : { kind: "refused", code };
}
