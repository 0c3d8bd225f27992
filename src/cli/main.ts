import { argv, exit, getenv, realtime, uname, writeAll } from "exitrd:sys";
import { hostArithmetic } from "../host/arithmetic.ts";
import { startClock } from "../host/clock.ts";
import { hostCodec } from "../host/codec.ts";
import { hostCommands } from "../host/commands.ts";
import { hostDrives } from "../host/drives.ts";
import { hostEventLog } from "../host/event-log.ts";
import { hostExtensionTrees } from "../host/extension-trees.ts";
import { hostFileMaps } from "../host/file-maps.ts";
import { hostFiles } from "../host/files.ts";
import { sendToJournal, sendToSyslog } from "../host/journal.ts";
import { hostPivotKernel } from "../host/pivot.ts";
import { hostTrees } from "../host/ram-trees.ts";
import { hostRawDevices } from "../host/raw-devices.ts";
import { readStart } from "../host/read-start.ts";
import { hostReader } from "../host/reader.ts";
import { hostStagedRuns } from "../host/staged-runs.ts";
import { hostStreams } from "../host/streams.ts";
import { createTasks } from "../host/tasks.ts";
import { readColumns, runPager } from "../host/terminal.ts";
import { hostTpm } from "../host/tpm.ts";
import { hostTracing } from "../host/tracee.ts";
import type { Snapshot } from "../kinds/kinds.ts";
import { observeMachine } from "../observe/complete.ts";
import { runTasks } from "../observe/run-task.ts";
import { attempt } from "../port/sys-error.ts";
import { escapeControls } from "../text/show-bytes.ts";
import type { Host } from "./command.ts";
import { run } from "./run.ts";

/** Set by the build from package.json. */
declare const EXITRD_VERSION: string;

const host: Host = {
  files: { ...hostFiles, readInput: hostStreams.readInput, readPlain: hostStreams.readPlain },
  writableFiles: { ...hostFiles, writeOutput: hostStreams.writeOutput },
  replaceOutput: hostStreams.writeOutput,
  trees: hostTrees,
  extensionTrees: hostExtensionTrees,
  codec: hostCodec,
  arithmetic: hostArithmetic,
  commands: hostCommands,
  reader: hostReader,
  staged: hostStagedRuns,
  tpm: hostTpm,
  eventLog: hostEventLog,
  maps: hostFileMaps,
  rawDevices: hostRawDevices,
  drives: hostDrives,
  sendToJournal,
  sendToSyslog,
  pivotKernel: hostPivotKernel,
  tracing: hostTracing,
  observe,
  askAll,
  readStart,
  now: realtime,
  machine: uname().machine,
  version: EXITRD_VERSION,
  getenv,
  columns: readColumns,
  page: runPager,
  // native/main_cli.c replaces a closed standard output: nobody wants this text.
  print: (text) => {
    attempt(() => writeAll(1, text), ["EBADF"]);
  },
  // The command has been carried out, even if nobody reads its messages.
  say: (line) => {
    attempt(() => writeAll(2, `${escapeControls(line)}\n`));
  },
};

/** Without exclusive opens: they would disturb other programs on a running machine. */
function observe(): Snapshot | undefined {
  // PID 1 has to go on without /sys. A plan without the devices there would promise too much.
  if (attempt(() => hostReader.readDir("/sys/class")) === undefined) return undefined;
  return observeMachine(Number.POSITIVE_INFINITY, {
    reader: hostReader,
    claims: undefined,
    tasks: createTasks(),
    clock: startClock(),
    onTick: () => {},
  });
}

function askAll<T extends object>(
  reads: { readonly [K in keyof T]-?: () => NonNullable<T[K]> },
  limitMs: number,
): Partial<T> {
  const keys = Object.keys(reads) as (keyof T)[];
  const ports = { tasks: createTasks(), clock: startClock(), onTick: () => {} };
  const actions = keys.map((key) => () => JSON.stringify(reads[key]()));
  const answers: Partial<T> = {};
  runTasks(actions, limitMs, ports).forEach((outcome, index) => {
    const key = keys[index];
    if (outcome.kind === "done" && key !== undefined) answers[key] = JSON.parse(outcome.output);
  });
  return answers;
}

exit(run(argv.slice(1), host));
