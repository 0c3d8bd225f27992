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
import { makeMountsPrivate } from "../../../src/pid1/setup/prepare.ts";
import type { Outcome } from "../../../src/teardown/plan/outcome.ts";
import type { Policy } from "../../../src/teardown/plan/policy.ts";
import type { SavedMount } from "../../../src/teardown/plan/saved-mount.ts";
import { describeStep } from "../../../src/teardown/report/describe.ts";
import { leftLine } from "../../../src/teardown/report/lines.ts";
import type { Apart } from "./apart.ts";

// Runs in QuickJS, in the guest: the real executor on the real kernel, with what
// the guest itself runs on in the exitrd's place. Prints one line of JSON.
makeMountsPrivate();
const TOTAL_MS = 60_000;
const policy: Policy = { perspective: "exitrd" };
const limits = divideDeadline(TOTAL_MS);
const clock = startClock();
const ports: Ports = {
  reader: hostReader,
  kernel: hostKernel,
  tasks: createTasks(),
  clock,
  onTick: () => {},
};

/** Without a console: how long a line takes there is another matter. */
function takeAllDown(): Apart {
  const console = { info: () => {}, warn: () => {} };
  const { outcomes, left } = takeDown(policy, "poweroff", limits, ports, console);
  return report(outcomes, left, []);
}

/** Kills no process, and names the holders of what cannot be released. */
function releaseAll(): Apart {
  const outcomes: Outcome[] = [];
  const { look } = createLooker(policy, () => limits.saveUntil, ports);
  const { last } = release(look, limits, { hung: new Set(), givenUp: new Set() }, ports, {
    onView: () => {},
    onOutcome: (outcome) => outcomes.push(outcome),
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

const apart = argv[1] === "take-down" ? takeAllDown() : releaseAll();
write(1, `${JSON.stringify(apart)}\n`);
