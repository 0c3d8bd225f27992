import { runTasks, type TaskOutcome } from "../../observe/run-task.ts";
import { isLoss } from "../../port/sys-error.ts";
import type { Console } from "../../port/teardown.ts";
import { describeStep, nameStep } from "../../teardown/report/describe.ts";
import type { Ports } from "../ports.ts";
import { actOn } from "../step/act-on.ts";
import { listLeft, listSteps } from "./list-steps.ts";
import { lookPlainly, type Sight } from "./look-plainly.ts";

/**
 * Releases what /proc and sysfs show, topmost first, in rounds, until a round changes nothing. A
 * mount or device is next when no other mount or device uses it any more. Ends at `until`
 * (milliseconds of `ports.clock`), or one observation later, at `saveUntil` at the latest. Returns
 * what was observed last; undefined if nothing could be observed. `onLoss` gets the name
 * of each mount or device that has lost data.
 */
export function releasePlainly(
  until: number,
  saveUntil: number,
  ports: Ports,
  console: Console,
  onLoss: (name: string) => void,
): Sight | undefined {
  const hung = new Set<string>();
  let last: Sight | undefined;
  for (let before = Number.POSITIVE_INFINITY; ; ) {
    const sight = lookPlainly(saveUntil, ports);
    if (sight === undefined) return last;
    last = sight;
    const left = listLeft(sight).length;
    // Hung children must not keep the others from their turn.
    const limitMs = (until - ports.clock.now()) / 2;
    if (left === 0 || left >= before || limitMs <= 0) return last;
    before = left;
    const steps = listSteps(sight).filter((step) => !hung.has(describeStep(step)));
    const actions = steps.map((step) => actOn(step, ports));
    runTasks(actions, limitMs, ports).forEach((outcome, index) => {
      const step = steps[index];
      if (step === undefined) throw new Error("more outcomes than steps");
      const name = describeStep(step);
      if (outcome.kind === "hung") hung.add(name);
      const [end, effect] = describeEnd(outcome);
      if (effect === "data-lost") onLoss(nameStep(step));
      if (end === "released") console.info(`exitrd: ${name}`);
      else console.warn(`exitrd: cannot ${name}: ${end}, ignoring`);
    });
  }
}

/** What became of the step, and of its data. */
function describeEnd(outcome: TaskOutcome): readonly string[] {
  if (outcome.kind === "error") return [outcome.words, isLoss(outcome.syscall) ? "data-lost" : ""];
  return outcome.kind === "done" ? outcome.output.split(" ") : [outcome.kind];
}
