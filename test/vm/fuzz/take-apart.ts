import { argv, write } from "exitrd:sys";
import { divideDeadline } from "../../../src/execute/deadline/limits.ts";
import { degrade } from "../../../src/execute/left/degrade.ts";
import { createLooker } from "../../../src/execute/look.ts";
import type { Ports } from "../../../src/execute/ports.ts";
import { release } from "../../../src/execute/release.ts";
import { takeDown } from "../../../src/execute/take-down.ts";
import { startClock } from "../../../src/host/clock.ts";
import { hostKernel } from "../../../src/host/kernel.ts";
import { hostReader } from "../../../src/host/reader.ts";
import { createTasks } from "../../../src/host/tasks.ts";
import { STEP_NAMES } from "../../../src/kinds/kinds.ts";
import { makeMountsPrivate } from "../../../src/pid1/setup/prepare.ts";
import { NOTHING_HUNG } from "../../../src/teardown/plan/attempts.ts";
import type { Outcome } from "../../../src/teardown/plan/outcome.ts";
import type { Policy } from "../../../src/teardown/plan/policy.ts";
import type { SavedMount } from "../../../src/teardown/plan/saved-mount.ts";
import { describeStep } from "../../../src/teardown/report/describe.ts";
import { leftLine } from "../../../src/teardown/report/lines.ts";
import { makeConsole } from "../../fake/make-console.ts";
import type { Apart } from "./apart.ts";

// Runs in QuickJS in the guest: the real executor on the real kernel. The mounts that the guest
// runs on are treated as those of the exitrd. Prints one line of JSON.
makeMountsPrivate();
const TOTAL_MS = 60_000;
// Each hanging step uses its whole limit, so limits are lower: that of each step in proportion.
const FAULTY_TOTAL_MS = 40_000;
const FAULTY_STEP_MS = 6_000;
const isFaulty = argv[1] === "take-down-faulty";
const policy: Policy = { perspective: "exitrd" };
const limits = isFaulty
  ? divideDeadline(FAULTY_TOTAL_MS, new Map(STEP_NAMES.map((name) => [name, FAULTY_STEP_MS])))
  : divideDeadline(TOTAL_MS);
const clock = startClock();
const ports: Ports = {
  reader: hostReader,
  kernel: hostKernel,
  tasks: createTasks(),
  clock,
  onTick: () => {},
};

/** Without a console, whose speed is not part of the test. */
function takeAllDown(): Apart {
  const lines: string[] = [];
  const console = { ...makeConsole(() => {}), warn: (line: string) => void lines.push(line) };
  const { outcomes, left } = takeDown(policy, "poweroff", limits, ports, console);
  const apart = report(outcomes, left, []);
  if (!isFaulty) return apart;
  const released = outcomes.flatMap((outcome) =>
    outcome.kind === "failed"
      ? []
      : [{ step: describeStep(outcome.step), endMs: Math.round(outcome.startMs + outcome.tookMs) }],
  );
  return { ...apart, released, lines: lines.slice(0, MAX_LINES) };
}

const MAX_LINES = 200;

/** Kills no process, and reports the holders of what cannot be released. */
function releaseAll(): Apart {
  const outcomes: Outcome[] = [];
  const { look } = createLooker(policy, () => limits.saveUntil, ports);
  const { last } = release(look, limits, NOTHING_HUNG, ports, {
    onView: () => {},
    onOutcome: (outcome) => outcomes.push(outcome),
    onWait: () => {},
  });
  if (last === undefined) return report(outcomes, ["unknown"], []);
  const left = last.plan.steps.map(({ node }) => leftLine(node, last.graph));
  return report(outcomes, left, degrade(last, limits.saveUntil, ports));
}

function report(
  outcomes: readonly Outcome[],
  left: readonly string[],
  all: readonly SavedMount[],
): Apart {
  const kept = all.map(({ target, holders }) => ({ target, holders }));
  const failed = outcomes.flatMap((outcome) =>
    outcome.kind === "failed"
      ? [{ step: describeStep(outcome.step), failure: outcome.failure }]
      : [],
  );
  return {
    steps: outcomes.length - failed.length,
    tookMs: Math.round(clock.now()),
    failed,
    left,
    kept,
  };
}

const apart = argv[1] === "release" ? releaseAll() : takeAllDown();
write(1, `${JSON.stringify(apart)}\n`);
