import { describeFinding, severityOf } from "../check/describe-finding.ts";
import type { Facts } from "../check/facts.ts";
import { findFindings, type Planned } from "../check/find-findings.ts";
import type { Finding } from "../check/finding.ts";
import { readBindings } from "../check/observe/read-bindings.ts";
import { readImageFacts } from "../check/observe/read-image-facts.ts";
import { readInitFacts } from "../check/observe/read-init-facts.ts";
import { readKernelUsers } from "../check/observe/read-kernel-users.ts";
import { readNetworkFacts } from "../check/observe/read-network-facts.ts";
import { readRecordFacts } from "../check/observe/read-record-facts.ts";
import { readServers } from "../check/observe/read-servers.ts";
import { readWatchdogs } from "../check/observe/read-watchdogs.ts";
import { loginLine, RECHECK, renderFindings } from "../check/render-findings.ts";
import { renderMetrics } from "../check/render-metrics.ts";
import { findPowerCutters } from "../load/find-power-cutters.ts";
import { readLoadedConfig, readLoadedMeasurement } from "../load/look-at-target.ts";
import { readCommandLine } from "../load/read-verification.ts";
import { trySys } from "../port/sys-error.ts";
import { buildGraph } from "../teardown/graph/build-graph.ts";
import { makePlan } from "../teardown/plan/make-plan.ts";
import { makePolicy } from "../teardown/plan/policy.ts";
import { parseConfig } from "../teardown/settings/parse-config.ts";
import { parseParameters } from "../teardown/settings/parse-parameters.ts";
import { toBytes } from "../text/bytes.ts";
import { type Command, defaultTarget, type Host } from "./command.ts";
import { answer, type ExitCode } from "./envelope/answer.ts";
import { observeMachine } from "./observe-machine.ts";
import { unwrittenLine } from "./unwritten-line.ts";

// For everything but the storage, which has limits of its own. Unpacking an initrd takes a second
// on a slow machine.
const READ_LIMIT_MS = 20_000;

/** The parts of the host that `findAll` uses. */
export type CheckHost =
  | "files"
  | "reader"
  | "codec"
  | "arithmetic"
  | "machine"
  | "tpm"
  | "maps"
  | "rawDevices"
  | "observe"
  | "askAll"
  | "readStart"
  | "now"
  | "say";

type Given = CheckHost | "writableFiles";

export const checkCommand: Command<Given> = {
  name: "check",
  summary: "Find problems that would keep the next shutdown from being clean.",
  options: [
    {
      name: "--motd",
      value: "FILE",
      help: "Write one line for logins to FILE, or remove FILE if nothing is found; print errors and warnings only.",
    },
    {
      name: "--metrics",
      value: "FILE",
      help: "Write the numbers of findings to FILE for the textfile collector of node_exporter; nothing if its directory does not exist.",
    },
  ],
  examples: [
    { line: "exitrd check", words: "Will the next shutdown be clean?" },
    {
      line: "exitrd check --json | jq -r '.result.findings[].cure'",
      words: "Print only what to do.",
    },
  ],
  // 1 means warnings, which must not make the unit fail.
  failure: 3,
  run: (args, host) => {
    const found = findAll(host);
    const motd = args.values.get("--motd");
    // The daily unit must not repeat what does not affect the shutdown.
    const findings =
      motd === undefined ? found : found.filter((finding) => severityOf(finding) !== "note");
    const metrics = args.values.get("--metrics");
    // The findings matter more than the files: a full disk may be among their causes.
    const unwritten = [
      ...(motd === undefined ? [] : writeMotd(motd, findings, host)),
      ...(metrics === undefined ? [] : writeMetrics(metrics, found, host)),
    ];
    for (const line of unwritten) host.say(line);
    if (motd === undefined) sayOutdated(findings, host);
    const isSilent = motd !== undefined && findings.length === 0;
    return answer(
      { findings: findings.map(listFields) },
      () => (isSilent ? "" : `${renderFindings(findings).join("\n")}\n`),
      unwritten.length > 0 ? 3 : exitCodeOf(findings),
    );
  },
};

export function findAll(host: Pick<Host, CheckHost>): readonly Finding[] {
  const planned = plan(host);
  return findFindings(readFacts(planned, host), planned);
}

/** The plan that PID 1 would make; undefined if the storage cannot be observed. */
function plan(host: Pick<Host, CheckHost>): Planned | undefined {
  const snapshot = observeMachine(host);
  if (snapshot === undefined) return undefined;
  const text = readLoadedConfig(defaultTarget, host.files) ?? "";
  const { settings } = parseConfig([{ path: defaultTarget, text }]);
  const parameters = parseParameters(readCommandLine(host.files)).settings;
  const graph = buildGraph(snapshot);
  return {
    snapshot,
    graph,
    plan: makePlan(graph, makePolicy("running", { ...settings, ...parameters })),
  };
}

function readFacts(planned: Planned | undefined, host: Pick<Host, CheckHost>): Facts {
  const { files, reader } = host;
  return host.askAll<Facts>(
    {
      image: () => readImageFacts(host, host.now()),
      init: () => readInitFacts(reader),
      watchdogs: () => readWatchdogs(reader),
      kernelUsers: () => readKernelUsers(reader),
      servers: () => (planned === undefined ? [] : readServers(planned.snapshot, reader)),
      network: () => readNetworkFacts(reader),
      killpower: () => findPowerCutters(files),
      record: () =>
        readRecordFacts({
          ...{ files, reader, maps: host.maps, rawDevices: host.rawDevices },
          digests: host.codec,
        }),
      // Reading a header may wake a disk from standby, so only if a PCR was extended.
      bindings: () =>
        planned === undefined || readLoadedMeasurement(defaultTarget, files)?.kind !== "measured"
          ? []
          : readBindings(planned.snapshot, planned.graph, host.readStart),
    },
    READ_LIMIT_MS,
  );
}

// integration/systemd/exitrd-check.service
const UNIT_MOTD = "/run/motd.d/exitrd";

/** The unit runs once a day: until then, logins and monitoring show what has been cured since. */
function sayOutdated(findings: readonly Finding[], { files, say }: Pick<Host, "files" | "say">) {
  if (exitCodeOf(findings) !== 0 || files.status(UNIT_MOTD) === undefined) return;
  say(`exitrd: logins still show an earlier result: run '${RECHECK}'`);
}

/** Returns a message if it fails. A pipe or a device is written to, and never removed. */
function writeMotd(
  path: string,
  findings: readonly Finding[],
  { writableFiles: files }: Pick<Host, "writableFiles">,
): readonly string[] {
  const text = findings.length === 0 ? "" : `${loginLine(findings)}\n`;
  const written = trySys(() => {
    if (text !== "") return files.writeOutput(path, toBytes(text), "everybody");
    const kind = files.status(path)?.kind;
    // "other" may be a link to a file; another user may have put it there.
    const real = kind === "other" ? files.realPath(path) : path;
    if (real !== undefined && files.status(real)?.kind === "file") files.removeFile(path);
    // Fails in the same way as with findings.
    if (kind === "directory") files.writeOutput(path, toBytes(text), "everybody");
  });
  return written.ok ? [] : [unwrittenLine(path, "--motd", written.problem)];
}

/**
 * Returns a message if it fails. The daily unit always asks for it; the directory exists only if
 * node_exporter is installed.
 */
function writeMetrics(
  path: string,
  findings: readonly Finding[],
  { files, writableFiles, now }: Pick<Host, "files" | "writableFiles" | "now">,
): readonly string[] {
  const slash = path.lastIndexOf("/");
  const written = trySys(() => {
    if (slash > 0 && files.status(path.slice(0, slash)) === undefined) return;
    writableFiles.writeOutput(path, toBytes(renderMetrics(findings, now())), "everybody");
  });
  return written.ok ? [] : [unwrittenLine(path, "--metrics", written.problem)];
}

/** The sentences of a finding, and the fields that they are made from. */
function listFields(finding: Finding) {
  const { kind, ...fields } = finding;
  return { kind, ...describeFinding(finding), fields };
}

function exitCodeOf(findings: readonly Finding[]): ExitCode {
  const severities = findings.map(severityOf);
  if (severities.includes("error")) return 2;
  return severities.includes("warning") ? 1 : 0;
}
