import { describeProblem } from "../image/describe-problem.ts";
import type { ImageProblem } from "../image/problem.ts";
import { describeUnmeasured } from "../image/tpm/describe-measurement.ts";
import type { UnmeasuredReason } from "../image/tpm/measurement.ts";
import type { SysFailure } from "../port/sys-error.ts";
import { quote } from "../text/show-bytes.ts";
import { besideOf } from "../text/tree-paths.ts";
import { cureImage } from "./cure-image.ts";
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
  /** The target contains another program's `shutdown`. */
  | { readonly kind: "taken"; readonly target: string }
  /** Another file system is mounted there, which the tree would cover. */
  | { readonly kind: "in-use"; readonly target: string }
  /** Something is mounted below the target, and this image cannot keep it visible. */
  | { readonly kind: "mounts-below"; readonly target: string; readonly name: string }
  | {
      readonly kind: "system";
      readonly action: "create" | "fill" | "mkdir" | "mount";
      readonly target: string;
      readonly error: SysFailure;
    }
  /** Seal=verity, but the image is an archive. */
  | { readonly kind: "not-sealed"; readonly image: string }
  /** The kernel cannot set up dm-verity, or cannot mount the file system on it. */
  | { readonly kind: "no-verity"; readonly target: string; readonly error: SysFailure }
  /** The files next to a sealed tree could not be written. */
  | { readonly kind: "beside"; readonly target: string; readonly error: SysFailure }
  /** Every call succeeded, but the tree read back differs. */
  | { readonly kind: "not-there"; readonly target: string; readonly removed: boolean };

const rebuild = "reinstall the package or run 'exitrd build'";

/** Describes why nothing was loaded, and what to do: "cannot load '…': …". */
export function describeLoadFailure(failure: LoadFailure): string {
  switch (failure.kind) {
    case "unreadable":
      return `cannot load ${quote(failure.image)}: ${failure.error.words}: ${cureReading(failure.image, failure.error)}`;
    case "bad-image":
      return `cannot load ${quote(failure.image)}: ${describeProblem(failure.problem)}: ${rebuild}`;
    case "unverified":
      return `cannot load ${quote(failure.image)}: ${describeVerifyProblem(failure.problem)}`;
    case "not-measured":
      return `cannot measure ${quote(failure.image)}: ${describeUnmeasured(failure.reason)}: enable the TPM, or set Measure=prefer in exitrd.conf(5)`;
    case "not-directory":
      return `cannot load into ${quote(failure.target)}: not a directory: remove it, or name the directory that it leads to`;
    case "taken":
      return `cannot load into ${quote(failure.target)}: it contains another program's 'shutdown': remove that program, or use --force`;
    case "in-use":
      return `cannot load into ${quote(failure.target)}: another file system is mounted there: name an empty directory, or use --force`;
    case "mounts-below":
      return `cannot load into ${quote(failure.target)}: it would hide what is mounted on ${quote(`${failure.target}/${failure.name}`)}: load an image that is not sealed, or use --force`;
    case "system":
      return `${sayAction(failure.action, failure.target)}: ${failure.error.words}: ${cureAction(failure.action, failure.error)}`;
    case "not-sealed":
      return `cannot load ${quote(failure.image)}: Seal=verity requires a sealed image: write one with 'exitrd sign --seal', or remove Seal= from exitrd.conf(5)`;
    case "no-verity":
      return `cannot set up dm-verity for ${quote(failure.target)}: ${failure.error.words}: ${cureVerity(failure.error)}`;
    case "beside":
      return `cannot write to ${quote(besideOf(failure.target))}: ${failure.error.words}: ${cureSystem(failure.error)}`;
    case "not-there":
      return `cannot load into ${quote(failure.target)}: the tree was incomplete when read back and ${failure.removed ? "has been removed" : "is still mounted"}: try again, and report a bug if it happens again`;
  }
}

function sayAction(action: "create" | "fill" | "mkdir" | "mount", target: string): string {
  switch (action) {
    case "create":
      return `cannot create a RAM file system for ${quote(target)}`;
    case "fill":
      return `cannot unpack the image for ${quote(target)}`;
    case "mkdir":
      return `cannot create ${quote(target)}`;
    case "mount":
      return `cannot mount on ${quote(target)}`;
  }
}

function cureReading(image: string, { code }: SysFailure): string {
  const cure = cureImage(image, code);
  return code === "EFBIG" ? `it is too large for an image: ${cure}` : cure;
}

/** `exitrd load` makes the directory, but not those above it. */
function cureAction(action: "create" | "fill" | "mkdir" | "mount", failure: SysFailure): string {
  const { code } = failure;
  if (action === "mkdir" && code === "ENOENT") return "create the directory above it first";
  // It need not be this one: mounts are propagated.
  const isFull = action === "mount" && code === "ENOSPC";
  return isFull
    ? "a mount namespace has reached fs.mount-max: find it in /proc/*/mountinfo and end its processes"
    : cureSystem(failure);
}

function cureVerity(failure: SysFailure): string {
  switch (failure.code) {
    case "ENOKEY":
    case "EKEYREJECTED":
      return "this kernel requires a signature by a key in its own keyrings: sign it with such a key";
    case "ENOENT":
    case "ENODEV":
    case "ENXIO":
    case "EINVAL":
      return "load the modules 'loop', 'dm-verity' and 'erofs', and add them to the initrd";
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
      return "exitrd needs Linux 5.2 or later";
    default:
      return "nothing is loaded, the machine will shut down without exitrd";
  }
}
