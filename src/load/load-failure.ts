import { describeProblem } from "../image/describe-problem.ts";
import type { ImageProblem } from "../image/problem.ts";
import { describeUnmeasured } from "../image/tpm/describe-measurement.ts";
import type { UnmeasuredReason } from "../image/tpm/measurement.ts";
import type { SysFailure } from "../port/sys-failure.ts";
import { besideOf } from "../text/tree-paths.ts";
import { describeVerifyProblem } from "./describe-verify-problem.ts";
import type { VerifyProblem } from "./verify-image.ts";

/** Why nothing was loaded. */
export type LoadFailure =
  | { readonly kind: "unreadable"; readonly image: string; readonly error: SysFailure }
  | { readonly kind: "bad-image"; readonly image: string; readonly problem: ImageProblem }
  | { readonly kind: "unverified"; readonly image: string; readonly problem: VerifyProblem }
  /** Measure=require. */
  | { readonly kind: "not-measured"; readonly image: string; readonly reason: UnmeasuredReason }
  | { readonly kind: "not-directory"; readonly target: string }
  /** Another program's `shutdown` is there. */
  | { readonly kind: "taken"; readonly target: string }
  /** Another file system is mounted there, which the tree would cover. */
  | { readonly kind: "in-use"; readonly target: string }
  | {
      readonly kind: "system";
      readonly action: "create" | "fill" | "mkdir" | "mount";
      readonly target: string;
      readonly error: SysFailure;
    }
  /** Seal=verity, and the image is an archive. */
  | { readonly kind: "not-sealed"; readonly image: string }
  /** The kernel would not set dm-verity up, or not mount what is under it. */
  | { readonly kind: "no-verity"; readonly target: string; readonly error: SysFailure }
  /** What belongs beside a sealed tree could not be written. */
  | { readonly kind: "beside"; readonly target: string; readonly error: SysFailure }
  /** Every call said yes; the tree is not what it should be. */
  | { readonly kind: "not-there"; readonly target: string; readonly removed: boolean };

const rebuild = "reinstall the package or run 'exitrd build'";

/** Says why nothing was loaded, and what to do about it: "cannot load '…': …". */
export function describeLoadFailure(failure: LoadFailure): string {
  switch (failure.kind) {
    case "unreadable":
      return `cannot load '${failure.image}': ${failure.error.words}: ${cureReading(failure.error)}`;
    case "bad-image":
      return `cannot load '${failure.image}': ${describeProblem(failure.problem)}: ${rebuild}`;
    case "unverified":
      return `cannot load '${failure.image}': ${describeVerifyProblem(failure.problem)}`;
    case "not-measured":
      return `cannot measure '${failure.image}': ${describeUnmeasured(failure.reason)}: enable the TPM, or do without by Measure=prefer in exitrd.conf(5)`;
    case "not-directory":
      return `cannot load into '${failure.target}': it is no directory: remove it`;
    case "taken":
      return `cannot load into '${failure.target}': another exitrd's 'shutdown' is there: remove that program, or load over it with --force`;
    case "in-use":
      return `cannot load into '${failure.target}': another file system is mounted there: name an empty directory, or load over it with --force`;
    case "system":
      return `${sayAction(failure.action, failure.target)}: ${failure.error.words}: ${cureSystem(failure.error)}`;
    case "not-sealed":
      return `cannot load '${failure.image}': Seal=verity asks for a sealed image: make one with 'exitrd sign --seal', or take Seal= out of exitrd.conf(5)`;
    case "no-verity":
      return `cannot set dm-verity up for '${failure.target}': ${failure.error.words}: ${cureVerity(failure.error)}`;
    case "beside":
      return `cannot write to '${besideOf(failure.target)}': ${failure.error.words}: ${cureSystem(failure.error)}`;
    case "not-there":
      return `cannot load into '${failure.target}': the tree was not whole when read again${failure.removed ? ", removed it" : " and is still mounted"}: try again, and report it if it stays so`;
  }
}

function sayAction(action: "create" | "fill" | "mkdir" | "mount", target: string): string {
  switch (action) {
    case "create":
      return `cannot make a tree in RAM for '${target}'`;
    case "fill":
      return `cannot unpack into RAM for '${target}'`;
    case "mkdir":
      return `cannot make '${target}'`;
    case "mount":
      return `cannot mount on '${target}'`;
  }
}

function cureReading({ code }: SysFailure): string {
  if (code === "EACCES" || code === "EPERM") return "run it as root";
  if (code === "EFBIG") return `no image is that large: ${rebuild}`;
  return rebuild;
}

function cureVerity(failure: SysFailure): string {
  switch (failure.code) {
    case "ENOKEY":
    case "EKEYREJECTED":
      return "this kernel asks for a signature by a key of its own keyrings: sign it with such a key";
    case "ENOENT":
    case "ENODEV":
    case "ENXIO":
    case "EINVAL":
      return "load the modules 'loop', 'dm-verity' and 'erofs', and have them in the initrd";
    default:
      return cureSystem(failure);
  }
}

function cureSystem({ code }: SysFailure): string {
  switch (code) {
    case "EPERM":
    case "EACCES":
      return "run it as root, outside a container";
    case "ENOSPC":
    case "EDQUOT":
      return "free some space there and run 'exitrd load'";
    case "ENOMEM":
      return "free some memory and run 'exitrd load'";
    case "ENOSYS":
      return "it needs Linux 5.2 or later";
    default:
      return "nothing is loaded, the machine shuts down as without exitrd";
  }
}
