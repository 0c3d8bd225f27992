import { buildCommand } from "./build.ts";
import { checkCommand } from "./check.ts";
import type { Command } from "./command.ts";
import { diffCommand } from "./diff.ts";
import { misuse } from "./envelope/answer.ts";
import { inspectCommand } from "./inspect.ts";
import { loadCommand } from "./load.ts";
import { pivotCommand } from "./pivot.ts";
import { planCommand } from "./plan.ts";
import { recordCommand } from "./record.ts";
import { reportCommand } from "./report.ts";
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
  reportCommand,
  recordCommand,
  checkCommand,
  loadCommand,
  unloadCommand,
  pivotCommand,
  buildCommand,
  signCommand,
  verifyCommand,
  inspectCommand,
  diffCommand,
  snapshotCommand,
  versionCommand,
  {
    name: "help",
    verb: "print help",
    summary: "Print this help, or the help of one command.",
    operand: "[COMMAND]",
    options: [],
    examples: [{ line: "exitrd help plan", words: "What can plan do?" }],
    // `run` implements it, since it needs the list of commands.
    run: () => misuse("cannot print help"),
  },
];
