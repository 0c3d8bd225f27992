import { lookAtTarget } from "../load/look-at-target.ts";
import { readInit } from "../load/read-init.ts";
import { describePivotProblem } from "../pivot/pivot-problem.ts";
import { runPivot } from "../pivot/run-pivot.ts";
import type { Verb } from "../teardown/verb.ts";
import { quote } from "../text/show-bytes.ts";
import { shutdownPath, treePlace } from "../text/tree-paths.ts";
import type { Command } from "./command.ts";
import { fail, misuse } from "./envelope/answer.ts";

/** The operands, in the order of the manual. */
export const VERBS: readonly Verb[] = ["poweroff", "reboot", "halt", "kexec"];

const PAUSE_MS = 1_000;

export const pivotCommand: Command<
  "files" | "codec" | "reader" | "pivotKernel" | "tracing" | "machine"
> = {
  name: "pivot",
  summary: "Shut down now, as the last act of an init other than systemd.",
  operand: "VERB",
  options: [],
  examples: [
    { line: "exitrd pivot poweroff", words: "Kill every process, release everything, power off." },
  ],
  run: ({ operand }, host) => {
    const verb = VERBS.find((one) => one === operand);
    if (verb === undefined) {
      return misuse(`cannot pivot: ${quote(operand ?? "")} is not a verb: use ${VERBS.join(", ")}`);
    }
    const { files, codec, reader, pivotKernel: kernel, tracing, machine } = host;
    const facts = {
      init: readInit(files),
      occupant: lookAtTarget(treePlace, files, codec),
      isExecutable: files.isExecutable(`${treePlace}/${shutdownPath}`),
    };
    const ended = runPivot(verb, facts, { kernel, tracing, reader, files, machine });
    if (!ended.ok) return fail(ended.problem.kind, describePivotProblem(ended.problem));
    // The script that called this must not continue: the new PID 1 kills both.
    for (;;) kernel.sleep(PAUSE_MS);
  },
};
