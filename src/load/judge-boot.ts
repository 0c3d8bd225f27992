import { treePlace } from "../text/tree-paths.ts";
import { describeVerifyProblem } from "./describe-verify-problem.ts";
import { describeLoadFailure } from "./load-failure.ts";
import type { BootStatus } from "./read-boot.ts";
import { describeInit } from "./read-init.ts";
import type { LoadStatus } from "./read-status.ts";
import { describeSwitch } from "./read-switch.ts";

/** Whether a shutdown goes through exitrd; if not, why, the first reason being the one to cure first. */
export interface Verdict {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

export interface NextBoot extends Verdict {
  /** Who loads the image. */
  readonly by: "initrd" | "service" | undefined;
}

/** The shutdown that may come at any moment. */
export function judgeNow(status: LoadStatus, target: string, boot: BootStatus): Verdict {
  const reasons = [
    ...sayInit(boot),
    ...(target === treePlace ? [] : [`systemd looks at ${treePlace} only`]),
    ...sayTree(status, boot),
  ];
  return { ready: reasons.length === 0, reasons };
}

/** The shutdown after a reboot, as things stand on disk. */
export function judgeNext({ image }: LoadStatus, boot: BootStatus): NextBoot {
  const { initrd, off, isUnitEnabled } = boot;
  const general = sayInit(boot);
  if (off !== undefined) general.push(describeSwitch(off));
  const held = initrd.kind === "holds" ? initrd.read : undefined;
  const failures: string[] = [];
  const refusal = findRefusal(image);
  if (held?.ok === false) failures.push(`in the initrd: ${describeLoadFailure(held.problem)}`);
  if (!isUnitEnabled) {
    failures.push("exitrd-load.service is not enabled: run 'systemctl enable exitrd-load.service'");
  }
  if (refusal !== undefined) failures.push(refusal);
  const isByInitrd = held?.ok === true;
  const isByService = isUnitEnabled && refusal === undefined;
  const isLoaded = isByInitrd || isByService;
  const reasons = [...general, ...(isLoaded ? [] : failures)];
  const by = isByInitrd ? "initrd" : isByService ? "service" : undefined;
  return { ready: reasons.length === 0, reasons, by: general.length === 0 ? by : undefined };
}

function sayInit({ init }: BootStatus): string[] {
  return init.problem === undefined ? [] : [describeInit(init)];
}

/** Why the image on disk will not be loaded. */
function findRefusal(image: LoadStatus["image"]): string | undefined {
  switch (image.kind) {
    case "unreadable":
      return "the image cannot be read";
    case "bad":
      return "the image is damaged";
    case "good":
      if (image.trust.ok) return undefined;
      return `the image is refused: ${describeVerifyProblem(image.trust.problem)}`;
  }
}

function sayTree({ occupant, pivots, image }: LoadStatus, { off }: BootStatus): readonly string[] {
  switch (occupant.kind) {
    case "ours":
      if (!occupant.intact) return ["the loaded exitrd is damaged: run 'exitrd load'"];
      return pivots ? [] : ["the loaded exitrd is not executable: run 'exitrd load'"];
    case "foreign":
      if (occupant.hasShutdown) return ["another program's exitrd is loaded"];
      break;
    case "nothing":
    case "not-directory":
      break;
  }
  const why = off === undefined ? "" : `, ${describeSwitch(off)}`;
  const cure = `run 'exitrd load${off === "parameter" ? " --force" : ""}'`;
  return [`nothing is loaded${why}: ${findRefusal(image) ?? cure}`];
}
