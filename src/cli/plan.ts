import type { Snapshot } from "../kinds/kinds.ts";
import { readLoadedConfig } from "../load/look-at-target.ts";
import { attempt } from "../port/sys-error.ts";
import { buildGraph } from "../teardown/graph/build-graph.ts";
import { makePlan } from "../teardown/plan/make-plan.ts";
import { makePolicy } from "../teardown/plan/policy.ts";
import { renderPlanText } from "../teardown/report/render.ts";
import { renderPlanDot } from "../teardown/report/render-dot.ts";
import { renderPlanTree } from "../teardown/report/render-tree.ts";
import { parseConfig } from "../teardown/settings/parse-config.ts";
import { parseParameters } from "../teardown/settings/parse-parameters.ts";
import type { Settings } from "../teardown/settings/values.ts";
import { parseSnapshot } from "../teardown/snapshot/snapshot-text.ts";
import { toByteString } from "../text/bytes.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import { quote } from "../text/show-bytes.ts";
import { type Command, defaultTarget, type Host, unobservable } from "./command.ts";
import { type Answer, answer, fail, misuse } from "./envelope/answer.ts";
import { openSnapshot } from "./envelope/open-snapshot.ts";
import { noteUnprivileged, observeMachine } from "./observe-machine.ts";
import { drawHtml, drawSvg } from "./picture/draw-plan.ts";
import { listPlanFacts } from "./plan-facts.ts";
import { choosePager, chooseStyle, noPagerOption } from "./show-text.ts";

const largestSnapshot = 64 * 1024 * 1024;

/** The parts of the host that this command uses. */
type Given = "files" | "reader" | "observe" | "columns" | "getenv" | "say";

const FORMS = ["--json", "--tree", "--dot", "--svg", "--html"];

export const planCommand: Command<Given> = {
  name: "plan",
  summary: "Print the steps of this machine's shutdown and what will be left.",
  options: [
    {
      name: "--snapshot",
      value: "FILE",
      help: "Plan for a recorded machine; - is standard input.",
    },
    { name: "--tree", help: "Print the storage stack as a tree, with the numbers of the steps." },
    { name: "--dot", help: "Print the graph for Graphviz instead of text." },
    { name: "--svg", help: "Print a picture of the graph, light or dark as the viewer prefers." },
    {
      name: "--html",
      help: "Print a page with the picture that plays the steps in their order.",
    },
    { name: "--all", help: "Also list hardware and exitrd's own mounts, which always stay." },
    { name: "--check", help: "Exit with 1 if anything will not be released." },
    noPagerOption,
  ],
  examples: [
    { line: "exitrd plan", words: "What will shutdown do on this machine?" },
    { line: "exitrd plan --html >plan.html", words: "Draw the stack, and play the steps." },
    {
      line: "ssh server exitrd snapshot | exitrd plan --snapshot -",
      words: "And on another machine?",
    },
  ],
  run: (args, host) => {
    const forms = FORMS.filter((name) => args.flags.has(name));
    if (forms.length > 1) {
      return misuse(`cannot plan: ${forms.join(" and ")} exclude each other: give one of them`);
    }
    const snapshot = readSnapshot(args.values.get("--snapshot"), host);
    if (!snapshot.ok) return snapshot.problem;
    const graph = buildGraph(snapshot.value);
    const settings = readSettings(host);
    const limits = settings.stepLimits ?? new Map();
    const plan = makePlan(graph, makePolicy("running", settings));
    const facts = listPlanFacts(plan, graph, limits);
    const exit = args.flags.has("--check") && !facts.ok ? 1 : 0;
    if (forms[0] === "--dot") return answer(facts, () => renderPlanDot(plan, graph), exit);
    if (forms[0] === "--svg" || forms[0] === "--html") {
      const title = sayTitle(args.values.get("--snapshot"), host);
      const draw = forms[0] === "--svg" ? drawSvg : drawHtml;
      const text = (): string => draw(plan, graph, limits, title);
      return { ...answer(facts, text, exit), form: { isEscaped: true } };
    }
    const shown = { ...chooseStyle(host), limits, all: args.flags.has("--all") };
    const render = forms[0] === "--tree" ? renderPlanTree : renderPlanText;
    const text = (): string => `${render(plan, graph, shown).join("\n")}\n`;
    return { ...answer(facts, text, exit), form: choosePager(args, host) };
  },
};

/** "Shutdown of 'server'"; a snapshot does not contain the name of its machine. */
function sayTitle(path: string | undefined, { reader }: Pick<Host, Given>): string {
  if (path !== undefined) return `Shutdown as planned for ${quote(path)}`;
  const name = attempt(() => reader.readText("/proc/sys/kernel/hostname"))?.trim();
  return name === undefined ? "Shutdown" : `Shutdown of ${quote(name)}`;
}

/**
 * The settings that PID 1 will use: the loaded configuration, overridden by the kernel command
 * line.
 */
function readSettings(host: Pick<Host, Given>): Settings {
  const text = readLoadedConfig(defaultTarget, host.files) ?? "";
  const { settings } = parseConfig([{ path: defaultTarget, text }]);
  const commandLine = attempt(() => host.reader.readText("/proc/cmdline")) ?? "";
  return { ...settings, ...parseParameters(commandLine).settings };
}

function readSnapshot(
  path: string | undefined,
  host: Pick<Host, Given>,
): Checked<Snapshot, Answer> {
  if (path === undefined) {
    const snapshot = observeMachine(host);
    if (snapshot === undefined) return refuse(fail("unobservable", unobservable));
    return accept(snapshot);
  }
  const text = toByteString(host.files.readInput(path, largestSnapshot));
  try {
    const snapshot = parseSnapshot(openSnapshot(text));
    noteUnprivileged(snapshot, host);
    return accept(snapshot);
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    return refuse(
      fail(
        "bad-snapshot",
        `cannot read ${quote(path)}: ${thrown.message}: use a file written by 'exitrd snapshot'`,
      ),
    );
  }
}
