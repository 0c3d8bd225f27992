import { argv, exit, getenv, realtime, uname, writeAll } from "exitrd:sys";
import { hostArithmetic } from "../host/arithmetic.ts";
import { hostCodec } from "../host/codec.ts";
import { hostCommands } from "../host/commands.ts";
import { hostEventLog } from "../host/event-log.ts";
import { hostExtensionTrees } from "../host/extension-trees.ts";
import { hostFiles } from "../host/files.ts";
import { hostTrees } from "../host/ram-trees.ts";
import { hostReader } from "../host/reader.ts";
import { hostStagedRuns } from "../host/staged-runs.ts";
import { hostTpm } from "../host/tpm.ts";
import { addFuseServers, listFuseServers, mayHaveFuseServers } from "../kinds/fuse/observe.ts";
import type { Snapshot } from "../kinds/kinds.ts";
import { addPoolDevices, listPoolCandidates, readPoolOf } from "../kinds/zpool/observe.ts";
import { observe } from "../observe/observe.ts";
import type { Host } from "./command.ts";
import { run } from "./run.ts";

/** Set by the build: package.json's version. */
declare const EXITRD_VERSION: string;

const host: Host = {
  files: hostFiles,
  trees: hostTrees,
  extensionTrees: hostExtensionTrees,
  codec: hostCodec,
  arithmetic: hostArithmetic,
  commands: hostCommands,
  reader: hostReader,
  staged: hostStagedRuns,
  tpm: hostTpm,
  eventLog: hostEventLog,
  observe: observeAll,
  now: realtime,
  machine: uname().machine,
  version: EXITRD_VERSION,
  getenv,
  print: (text) => writeAll(1, text),
  say: (line) => writeAll(2, `${line}\n`),
};

function observeAll(): Snapshot {
  const snapshot = observe(hostReader);
  const candidates = listPoolCandidates(snapshot);
  const pools = candidates.map((name) => readPoolOf(name, hostReader));
  const servers = mayHaveFuseServers(snapshot) ? listFuseServers(hostReader) : [];
  return addFuseServers(addPoolDevices(snapshot, candidates, pools), servers);
}

exit(run(argv.slice(1), host));
