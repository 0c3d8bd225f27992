import { describeUnmeasured } from "../image/tpm/describe-measurement.ts";
import { treePlace } from "../text/tree-paths.ts";
import { describeVerifyProblem } from "./describe-verify-problem.ts";
import { describeLoadFailure } from "./load-failure.ts";
import type { BootStatus } from "./read-boot.ts";
import { describeInit, type InitProblem } from "./read-init.ts";
import type { LoadStatus } from "./read-status.ts";
import { describeSwitch, type SwitchedOff } from "./read-switch.ts";

/** Whether a shutdown will use exitrd. If not, why; the first reason is the one to fix first. */
export interface Verdict {
  readonly ok: boolean;
  readonly reasons: readonly Reason[];
}

export interface Reason {
  readonly kind: ReasonKind;
  /** The reason as a sentence, with what to do. */
  readonly message: string;
}

export type ReasonKind =
  | InitProblem
  | Exclude<SwitchedOff, "masked-until-reboot">
  | "other-target"
  | "image-unreadable"
  | "image-bad"
  | "image-refused"
  | "not-sealed"
  | "not-measured"
  | "initrd-refused"
  | "service-disabled"
  | "nothing-loaded"
  | "another-program"
  | "tree-damaged"
  | "tree-not-executable";

export interface NextBoot extends Verdict {
  /** Who loads the image. */
  readonly by: "initrd" | "service" | undefined;
}

/** Judges the shutdown that may come at any moment. */
export function judgeNow(status: LoadStatus, target: string, boot: BootStatus): Verdict {
  const reasons = [
    ...listInitReasons(boot),
    ...(target === treePlace
      ? []
      : [makeReason("other-target", `systemd looks at ${treePlace} only`)]),
    ...listTreeReasons(status, boot),
  ];
  return { ok: reasons.length === 0, reasons };
}

/** Judges the shutdown after a reboot, from the files on disk. */
export function judgeNext({ image }: LoadStatus, boot: BootStatus): NextBoot {
  const { initrd, off, loader } = boot;
  const general = [
    ...listInitReasons(boot),
    ...(off === undefined || off === "masked-until-reboot"
      ? []
      : [makeReason(off, describeSwitch(off))]),
  ];
  const held = initrd.kind === "holds" ? initrd.read : undefined;
  const failures: Reason[] = [];
  const refusal = findRefusal(image, boot);
  if (held?.ok === false) {
    const words = describeLoadFailure(held.problem);
    failures.push(makeReason("initrd-refused", `in the initrd: ${words}`));
  }
  if (!loader.isEnabled) {
    failures.push(makeReason("service-disabled", `${loader.name} ${loader.problem}`));
  }
  if (refusal !== undefined) failures.push(refusal);
  const isByInitrd = held?.ok === true;
  const isByService = loader.isEnabled && refusal === undefined;
  const isLoaded = isByInitrd || isByService;
  const reasons = [...general, ...(isLoaded ? [] : failures)];
  const by = isByInitrd ? "initrd" : isByService ? "service" : undefined;
  return { ok: reasons.length === 0, reasons, by: general.length === 0 ? by : undefined };
}

function makeReason(kind: ReasonKind, message: string): Reason {
  return { kind, message };
}

function listInitReasons({ init }: BootStatus): readonly Reason[] {
  return init.problem === undefined ? [] : [makeReason(init.problem, describeInit(init))];
}

/** Why the image on disk will not be loaded; undefined if it will. */
function findRefusal(image: LoadStatus["image"], boot: BootStatus): Reason | undefined {
  switch (image.kind) {
    case "unreadable":
      return makeReason("image-unreadable", `the image cannot be read: ${image.error.words}`);
    case "bad":
      return makeReason("image-bad", "the image is damaged");
    case "good": {
      if (image.trust.ok) return applySettings(image.sealed, boot);
      const words = describeVerifyProblem(image.trust.problem);
      return makeReason("image-refused", `the image is refused: ${words}`);
    }
  }
}

/** What the loader refuses after the image itself was accepted. */
function applySettings(
  isSealed: boolean,
  { unmeasurable, wantsSealed }: BootStatus,
): Reason | undefined {
  if (wantsSealed && !isSealed) {
    return makeReason("not-sealed", "the image is refused: it is not sealed (Seal=verity)");
  }
  if (unmeasurable === undefined) return undefined;
  const words = describeUnmeasured(unmeasurable);
  return makeReason("not-measured", `the image cannot be measured: ${words} (Measure=require)`);
}

function listTreeReasons(
  { occupant, pivots, image }: LoadStatus,
  boot: BootStatus,
): readonly Reason[] {
  const { off } = boot;
  switch (occupant.kind) {
    case "ours":
      if (!occupant.intact) {
        return [makeReason("tree-damaged", "the loaded exitrd is damaged: run 'exitrd load'")];
      }
      if (pivots) return [];
      return [
        makeReason("tree-not-executable", "the loaded exitrd is not executable: run 'exitrd load'"),
      ];
    case "foreign":
      if (occupant.hasShutdown) {
        return [makeReason("another-program", "another program's exitrd is loaded")];
      }
      break;
    case "nothing":
    case "not-directory":
      break;
  }
  const why = off === undefined ? "" : `, ${describeSwitch(off)}`;
  const cure = `run 'exitrd load${off === "parameter" ? " --force" : ""}'`;
  const message = findRefusal(image, boot)?.message ?? cure;
  return [makeReason("nothing-loaded", `nothing is loaded${why}: ${message}`)];
}
