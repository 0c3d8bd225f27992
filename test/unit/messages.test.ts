import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { describeFinding } from "../../src/check/describe-finding.ts";
import { loginLine, renderFindings } from "../../src/check/render-findings.ts";
import { commands } from "../../src/cli/commands.ts";
import { renderHelp, renderOverview } from "../../src/cli/render-help.ts";
import { listTrustNotes } from "../../src/cli/trust-lines.ts";
import { buildConfLine } from "../../src/image/report/build-conf-line.ts";
import { changeLine, uncheckedLine } from "../../src/image/report/tree-lines.ts";
import { describeLoadFailure } from "../../src/load/load-failure.ts";
import { describeBuildFailure } from "../../src/pack/describe-build-failure.ts";
import { describeSignFailure } from "../../src/pack/describe-sign-failure.ts";
import { describePivotProblem } from "../../src/pivot/pivot-problem.ts";
import { placeProblemLine } from "../../src/record/place-problem.ts";
import { parseInvocation } from "../../src/teardown/parse/invocation.ts";
import { keepProblemLine, keptLine } from "../../src/teardown/record/describe-keeping.ts";
import { VERDICTS } from "../../src/teardown/record/record.ts";
import { configLine, parameterLine } from "../../src/teardown/report/config-lines.ts";
import {
  erasedLine,
  hugePagesLine,
  notErasedLine,
  registersLine,
} from "../../src/teardown/report/erase-lines.ts";
import { failureLine } from "../../src/teardown/report/failure.ts";
import { keptKeyLine, wipedKeyLine } from "../../src/teardown/report/key-lines.ts";
import {
  claimedLine,
  heldLines,
  lostLine,
  muteLines,
  openSessionLine,
  startLine,
  stayingLine,
  stayLine,
  summaryLine,
  waitLine,
} from "../../src/teardown/report/lines.ts";
import { programLine, shellLine, skippedLine } from "../../src/teardown/report/program-end.ts";
import { MANUAL } from "../../src/teardown/settings/manual.ts";
import { SETTING_NAMES } from "../../src/teardown/settings/settings.ts";
import { widthOf } from "../../src/text/columns.ts";
import { projectRoot } from "../../tools/bundle.ts";
import { lvmOnLuks, makeMount, makeSnapshot, planFor } from "./core-builders.ts";
import {
  buildConfProblems,
  buildFailures,
  configProblems,
  failures,
  findings,
  HOSTILE,
  holderLists,
  keepProblems,
  listSamples,
  listWords,
  loadFailures,
  notErased,
  pivotProblems,
  placeProblems,
  programEnds,
  signFailures,
  stays,
  steps,
  treeChanges,
} from "./message-samples.ts";

// The grammar of CONTRIBUTING.md, "Messages".
const FAILURE = /^exitrd: cannot [a-z]+(?: [^:]|: ).*$/;
const NOTE = /^exitrd: \/[^ ]*: .*$/;
const USED_INSTEAD = /, (?:ignoring|using .+)$/;
const TRANSLATED =
  /\b(?:told|tells?|(?:is|are) no|counts?|lets? go|undead|go(?:es|ing) on|skipping|anew|whoever|nobody)\b/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: it matches control characters
const CONTROL = /[\x00-\x1f\x7f]/;

const mounts = [makeMount(10, 1, "253:1", "/oldroot", "ext4")];
const devices = lvmOnLuks.map((device) => ({ ...device, mute: true as const }));
const { plan, graph } = planFor(makeSnapshot(mounts, devices), "exitrd");

/** Failures that end the command: no ", ignoring". */
const fatal: readonly string[] = [
  ...listSamples(loadFailures).map(describeLoadFailure),
  ...listSamples(buildFailures).map(describeBuildFailure),
  ...listSamples(signFailures).map((failure) => describeSignFailure(HOSTILE, failure)),
  ...listSamples(pivotProblems).map(describePivotProblem),
  ...listSamples(buildConfProblems).map(
    (problem) => `cannot build: ${buildConfLine("/etc/exitrd/build.conf", 3, problem)}`,
  ),
].map((line) => `exitrd: ${line}`);

/** Failed steps: the summary lists their nodes as left. */
const failed = steps.flatMap((step) =>
  listSamples(failures).map((failure) => failureLine(step, failure)),
);

const trust = { overruled: true, policy: "prefer", problems: [] } as const;
const untrusted = { path: HOSTILE, reason: "no certificate in PEM", fatal: false };

/** Failures that end neither the shutdown nor the command. */
const ignored: readonly string[] = [
  ...listSamples(stays).flatMap((reason) => stayLine({ node: "block:253:1", reason }, graph) ?? []),
  ...muteLines(graph),
  ...listWords(treeChanges).map((what) => changeLine({ path: HOSTILE, what })),
  uncheckedLine(),
  keptKeyLine("a"),
  ...listWords(notErased).flatMap((reason) => [notErasedLine(reason), registersLine(reason)]),
  registersLine("left"),
  hugePagesLine(2_048),
  openSessionLine(HOSTILE),
  lostLine(HOSTILE),
  ...listSamples(keepProblems).map((problem) => keepProblemLine(HOSTILE, problem)),
  ...listSamples(placeProblems).map((problem) => placeProblemLine(HOSTILE, problem)),
  ...[undefined, "after-umount" as const].flatMap((stage) => [
    skippedLine(HOSTILE, stage),
    ...listSamples(programEnds).map((end) =>
      programLine({ name: HOSTILE, stage, startMs: 0, tookMs: 1, end }),
    ),
  ]),
  ...[[], [HOSTILE]].flatMap((words) =>
    parseInvocation(["/shutdown", ...words, `--timeout=${HOSTILE}`], () => undefined).notes.map(
      (note) => `exitrd: ${note}`,
    ),
  ),
  ...listTrustNotes({ ...trust, problems: [untrusted] } as never).map((line) => `exitrd: ${line}`),
];

/** Problems in configuration files, in the form of a compiler: "exitrd: FILE:LINE: …". */
const notes: readonly string[] = [
  ...listSamples(configProblems).map((problem) =>
    configLine({ path: "/etc/exitrd.conf", line: 3, problem }),
  ),
  ...([...SETTING_NAMES, "breakAt", "isOff"] as const).map((name) =>
    parameterLine({ name, text: HOSTILE }),
  ),
].map((line) => `exitrd: ${line}`);

const kept = { node: "mount:10", target: "/oldroot", modules: ["nvmet"], layers: ["block:253:1"] };
const holders = holderLists[1] ?? [];

/** States and results. */
const statements: readonly string[] = [
  startLine(plan, graph, "poweroff"),
  summaryLine(3, [], "poweroff", 150),
  summaryLine(3, [HOSTILE, "x".repeat(200)], "reboot", 150),
  ...holderLists.map((holders) => claimedLine(HOSTILE, holders)),
  ...[
    { readOnly: true, shutDown: false, synced: true },
    { readOnly: false, shutDown: true, synced: false },
    { readOnly: false, shutDown: false, synced: false },
  ].flatMap((state) => heldLines({ ...kept, ...state, holders }, graph)),
  erasedLine(4096, 230),
  ...steps.flatMap((step) =>
    [0, 2].map((others) =>
      waitLine({ step, node: "block:253:1", also: [], after: [] }, 3_000, 20_000, others, graph),
    ),
  ),
  ...listSamples(stays).map((reason) => stayingLine({ node: "block:253:1", reason }, graph)),
  shellLine("before-verb", "poweroff"),
  ...VERDICTS.map((verdict) => keptLine(verdict, "nvme0n1p1")),
  wipedKeyLine("a"),
];

describe("a message", () => {
  test.each([...new Set([...fatal, ...failed])])(
    "that is fatal, or about a step, is a failure: %s",
    (line) => {
      expect(line).toMatch(FAILURE);
      expect(line).not.toMatch(USED_INSTEAD);
    },
  );

  test.each([...new Set(ignored)])(
    "that is not fatal ends in how the program continues: %s",
    (line) => {
      expect(line).toMatch(FAILURE);
      expect(line).toMatch(USED_INSTEAD);
    },
  );

  test.each(notes)("about a configuration names file and line: %s", (line) => {
    expect(line).toMatch(NOTE);
    expect(line).toMatch(USED_INSTEAD);
  });

  test.each(statements)("without a failure is a statement: %s", (line) => {
    expect(line).toMatch(/^exitrd: /);
    expect(line).not.toMatch(/\b(?:cannot|ignoring)\b/);
  });

  test("has no control bytes, however hostile a name is", () => {
    const lines = [...fatal, ...failed, ...ignored, ...notes, ...statements];
    expect(lines.filter((line) => CONTROL.test(line))).toEqual([]);
  });

  test("is written in plain English", () => {
    const lines = [...fatal, ...failed, ...ignored, ...notes, ...statements];
    expect([...new Set(lines)].filter((line) => TRANSLATED.test(line))).toEqual([]);
  });

  test("about a step, or a mount that stays, fits a console of 80 columns", () => {
    const lines = [...failed, ...statements];
    expect(lines.filter((line) => widthOf(line) > 80)).toEqual([]);
  });
});

test("help texts and the manual's texts are written in plain English", () => {
  const texts = [
    renderOverview(commands),
    ...commands.map(renderHelp),
    ...Object.values(MANUAL),
  ].flatMap((text) => text.split("\n"));
  expect(texts.filter((text) => TRANSLATED.test(text))).toEqual([]);
});

describe("a finding of check", () => {
  const all = listSamples(findings);

  test.each(all)("$kind has a problem, a consequence and a cure", (finding) => {
    const { what, why, cure } = describeFinding(finding);
    expect([what, why, cure].filter((text) => text === "" || text.endsWith("."))).toEqual([]);
    expect(`${what} ${why} ${cure}`).not.toMatch(TRANSLATED);
    expect(`${what} ${why} ${cure}`).not.toMatch(/undefined|NaN/);
  });

  test("has no control bytes, however hostile a name is", () => {
    const lines = [...renderFindings(all), loginLine(all)];
    expect(lines.filter((line) => CONTROL.test(line))).toEqual([]);
  });
});

/** Literals that are printed as lines: `exitrd: …`, except in comments. */
function listLiterals(): readonly string[] {
  const folder = join(projectRoot, "src");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n"))
    .filter((line) => !/^\s*(?:\*|\/[/*])/.test(line))
    .flatMap((line) => [...line.matchAll(/(["`])(exitrd: .*?)\1/g)].map(([, , text = ""]) => text));
}

describe("a literal in the source", () => {
  test.each([...new Set(listLiterals())])("has the same grammar: %s", (text) => {
    expect(text).not.toMatch(TRANSLATED);
    // There is one word for continuing.
    const [, end] = /, (\w+ing)\b[^,:]*$/.exec(text) ?? [];
    if (end !== undefined) expect(["ignoring", "using"]).toContain(end);
  });
});
