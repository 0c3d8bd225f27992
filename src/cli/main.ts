import { argv, exit, getenv, realtime, uname, writeAll } from "exitrd:sys";
import { hostArithmetic } from "../host/arithmetic.ts";
import { startClock } from "../host/clock.ts";
import { hostCodec } from "../host/codec.ts";
import { hostCommands } from "../host/commands.ts";
import { hostEventLog } from "../host/event-log.ts";
import { hostExtensionTrees } from "../host/extension-trees.ts";
import { hostFiles } from "../host/files.ts";
import { hostTrees } from "../host/ram-trees.ts";
import { hostReader } from "../host/reader.ts";
import { hostStagedRuns } from "../host/staged-runs.ts";
import { hostStreams } from "../host/streams.ts";
import { createTasks } from "../host/tasks.ts";
import { hostTpm } from "../host/tpm.ts";
import { observeMachine } from "../observe/complete.ts";
import { attempt } from "../port/sys-error.ts";
import { escapeControls } from "../text/show-bytes.ts";
import type { Host } from "./command.ts";
import { run } from "./run.ts";

/** Set by the build: package.json's version. */
declare const EXITRD_VERSION: string;

const host: Host = {
  files: { ...hostFiles, readInput: hostStreams.readInput },
  writableFiles: { ...hostFiles, writeOutput: hostStreams.writeOutput },
  replaceOutput: (path, data) => hostStreams.writeOutput(path, data, 0o644),
  trees: hostTrees,
  extensionTrees: hostExtensionTrees,
  codec: hostCodec,
  arithmetic: hostArithmetic,
  commands: hostCommands,
  reader: hostReader,
  staged: hostStagedRuns,
  tpm: hostTpm,
  eventLog: hostEventLog,
  // Without claims: opening a device exclusively would disturb other programs on a running machine.
  observe: () =>
    observeMachine(Number.POSITIVE_INFINITY, {
      reader: hostReader,
      claims: undefined,
      tasks: createTasks(),
      clock: startClock(),
      onTick: () => {},
    }),
  now: realtime,
  machine: uname().machine,
  version: EXITRD_VERSION,
  getenv,
  print: (text) => writeAll(1, text),
  // What was done is done, whether or not anybody reads of it.
  say: (line) => {
    attempt(() => writeAll(2, `${escapeControls(line)}\n`));
  },
};

exit(run(argv.slice(1), host));
