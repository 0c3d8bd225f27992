import { renderFindings } from "../check/render-findings.ts";
import type { Snapshot } from "../kinds/kinds.ts";
import { trySys } from "../port/sys-error.ts";
import { readHistory } from "../record/state-files.ts";
import { buildGraph } from "../teardown/graph/build-graph.ts";
import { makePlan } from "../teardown/plan/make-plan.ts";
import { makePolicy } from "../teardown/plan/policy.ts";
import { renderPlanText } from "../teardown/report/render.ts";
import { replaceNames } from "../teardown/snapshot/pseudonyms.ts";
import { stringifySnapshot } from "../teardown/snapshot/snapshot-text.ts";
import { toBytes } from "../text/bytes.ts";
import { quote } from "../text/show-bytes.ts";
import { type TarFile, writeTar } from "../text/tar.ts";
import { type CheckHost, findAll } from "./check.ts";
import { type Command, type Host, unobservable } from "./command.ts";
import { type Answer, answer, fail, misuse } from "./envelope/answer.ts";
import { formatJson } from "./envelope/format-json.ts";
import { ARCHIVE_FOLDER, SNAPSHOT_NAME } from "./envelope/open-snapshot.ts";
import { observeMachine } from "./observe-machine.ts";

/** The parts of the host that this command uses: those of `check`, for the archive. */
type Given = CheckHost | "replaceOutput" | "version";

export const snapshotCommand: Command<Given> = {
  name: "snapshot",
  verb: "take a snapshot",
  summary: "Print the state of this machine's storage as JSON, for a bug report.",
  options: [
    {
      name: "--output",
      value: "FILE",
      help: "Write to FILE instead of standard output; - is standard output.",
    },
    {
      name: "--archive",
      value: "FILE",
      help: "Write a tar archive for a bug report to FILE, with the plan, findings and reports.",
    },
    {
      name: "--pseudonyms",
      help: "Replace names of files, volumes and servers; the plan keeps its steps.",
    },
  ],
  examples: [
    {
      line: "exitrd snapshot --archive bug-report.tar",
      words: "Record this machine for a bug report.",
    },
    {
      line: "exitrd snapshot --pseudonyms --output snapshot.json",
      words: "Record only its storage, without names.",
    },
  ],
  run: (args, host) => {
    const output = args.values.get("--output");
    const archive = args.values.get("--archive");
    if (output !== undefined && archive !== undefined) {
      return misuse(
        "cannot take a snapshot: --output and --archive exclude each other: give one of them",
      );
    }
    if ((output === "-" || archive === "-") && args.flags.has("--json")) {
      const option = archive === "-" ? "--archive" : "--output";
      return misuse(
        `cannot take a snapshot: --json and ${option} - exclude each other: give one of them`,
      );
    }
    const observed = observeMachine(host);
    if (observed === undefined) return fail("unobservable", unobservable);
    const isAnonymous = args.flags.has("--pseudonyms");
    const snapshot = isAnonymous ? replaceNames(observed) : observed;
    if (archive !== undefined) return writeArchive(archive, snapshot, isAnonymous, host);
    if (output === undefined || output === "-") {
      const text = (): string => stringifySnapshot(snapshot);
      return { ...answer({ output: null, snapshot }, text), isAnonymous };
    }
    return writeOutput(output, toBytes(stringifySnapshot(snapshot)), host);
  },
};

/** Findings and reports are sentences full of names, so an archive with pseudonyms omits them. */
function writeArchive(
  path: string,
  snapshot: Snapshot,
  isAnonymous: boolean,
  host: Pick<Host, Given>,
): Answer {
  const graph = buildGraph(snapshot);
  const plan = makePlan(graph, makePolicy("running", {}));
  const texts: readonly (readonly [name: string, text: string])[] = [
    ["version.txt", `exitrd ${host.version} for ${host.machine}, Linux ${snapshot.kernel}\n`],
    [SNAPSHOT_NAME, stringifySnapshot(snapshot)],
    ["plan.txt", joinLines(renderPlanText(plan, graph))],
    ...(isAnonymous
      ? []
      : ([
          ["findings.txt", joinLines(renderFindings(findAll(host)))],
          ["reports.json", formatJson(readHistory(host.files).reports)],
        ] as const)),
  ];
  const files = texts.map(([name, text]): TarFile => {
    return { name: `${ARCHIVE_FOLDER}/${name}`, data: toBytes(text) };
  });
  return writeOutput(path, writeTar(files, host.now() / 1000), host);
}

function writeOutput(path: string, data: Uint8Array, host: Pick<Host, "replaceOutput">): Answer {
  const written = trySys(() => host.replaceOutput(path, data, 0o644));
  if (written.ok) return answer({ output: path, snapshot: null });
  const { code, words } = written.problem;
  return fail("cannot-write", `cannot write ${quote(path)}: ${words}: name another file`, code);
}

function joinLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
