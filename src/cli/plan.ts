import type { Snapshot } from "../kinds/kinds.ts";
import { readLoadedConfig } from "../load/look-at-target.ts";
import { attempt } from "../port/sys-error.ts";
import { buildGraph } from "../teardown/graph/build-graph.ts";
import { makePlan } from "../teardown/plan/make-plan.ts";
import { makePolicy, type Policy } from "../teardown/plan/policy.ts";
import { renderPlanText } from "../teardown/report/render.ts";
import { renderPlanDot } from "../teardown/report/render-dot.ts";
import { parseConfig } from "../teardown/settings/parse-config.ts";
import { parseParameters } from "../teardown/settings/parse-parameters.ts";
import { parseSnapshot } from "../teardown/snapshot/snapshot-text.ts";
import { toByteString } from "../text/bytes.ts";
import { quote } from "../text/show-bytes.ts";
import { type Command, defaultTarget, type Host, jsonOption, unobservable } from "./command.ts";
import { formatJson } from "./format.ts";
import { sayUnprivileged } from "./say-unprivileged.ts";

const largestSnapshot = 64 * 1024 * 1024;

/** The parts of the host that the command gets. */
type Given = "files" | "reader" | "observe" | "print" | "say";

export const planCommand: Command<Given> = {
  name: "plan",
  summary: "Print the steps of this machine's shutdown, and what will be left.",
  options: [
    {
      name: "--snapshot",
      value: "FILE",
      help: "Plan for a recorded machine; - is standard input.",
    },
    { name: "--dot", help: "Print the graph for Graphviz instead of text." },
    jsonOption,
  ],
  run: (args, host) => {
    if (args.flags.has("--json") && args.flags.has("--dot")) {
      host.say("exitrd: cannot plan: --json and --dot exclude each other: give one of them");
      return 2;
    }
    const snapshot = readSnapshot(args.values.get("--snapshot"), host);
    if (snapshot === undefined) return 1;
    const graph = buildGraph(snapshot);
    const plan = makePlan(graph, readPolicy(host));
    if (args.flags.has("--json")) host.print(formatJson(plan));
    else if (args.flags.has("--dot")) host.print(renderPlanDot(plan, graph));
    else host.print(`${renderPlanText(plan, graph).join("\n")}\n`);
    return 0;
  },
};

/** The settings PID 1 will use: the loaded configuration, overridden by the kernel command line. */
function readPolicy(host: Pick<Host, Given>): Policy {
  const text = readLoadedConfig(defaultTarget, host.files) ?? "";
  const { settings } = parseConfig([{ path: defaultTarget, text }]);
  const commandLine = attempt(() => host.reader.readText("/proc/cmdline")) ?? "";
  return makePolicy("running", { ...settings, ...parseParameters(commandLine).settings });
}

/** Undefined, after a message, if there is none. */
function readSnapshot(path: string | undefined, host: Pick<Host, Given>): Snapshot | undefined {
  if (path === undefined) {
    const snapshot = host.observe();
    if (snapshot === undefined) host.say(unobservable);
    else sayUnprivileged(host);
    return snapshot;
  }
  const text = toByteString(host.files.readInput(path, largestSnapshot));
  try {
    return parseSnapshot(text);
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    host.say(
      `exitrd: cannot read ${quote(path)}: ${thrown.message}: use a file written by 'exitrd snapshot'`,
    );
    return undefined;
  }
}
