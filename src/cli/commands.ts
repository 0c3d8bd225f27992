import { buildCommand } from "./build.ts";
import type { Command } from "./command.ts";
import { diffCommand } from "./diff.ts";
import { inspectCommand } from "./inspect.ts";
import { loadCommand } from "./load.ts";
import { planCommand } from "./plan.ts";
import { signCommand } from "./sign.ts";
import { snapshotCommand } from "./snapshot.ts";
import { statusCommand } from "./status.ts";
import { unloadCommand } from "./unload.ts";
import { verifyCommand } from "./verify.ts";
import { versionCommand } from "./version.ts";

/** Every command, in the order of `exitrd help`. */
export const commands: readonly Command[] = [
  planCommand,
  statusCommand,
  loadCommand,
  unloadCommand,
  buildCommand,
  signCommand,
  verifyCommand,
  inspectCommand,
  diffCommand,
  snapshotCommand,
  versionCommand,
  {
    name: "help",
    summary: "Print this help, or the help of one command.",
    operand: "[COMMAND]",
    options: [],
    // `run` implements it, since it needs the list of commands.
    run: () => 2,
  },
];
