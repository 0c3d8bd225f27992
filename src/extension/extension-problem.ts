import type { FileSystemType } from "../image/disk-image/find-file-system.ts";
import type { ContentProblem } from "../image/extension/problem.ts";
import type { SysFailure } from "../port/sys-error.ts";

/** Why an extension is rejected. */
export type ExtensionProblem =
  | ContentProblem
  | { readonly kind: "bad-name" }
  | { readonly kind: "unreadable"; readonly error: SysFailure }
  /** Reading it threw an exception, with this message. */
  | { readonly kind: "failed"; readonly reason: string }
  /** One of `count` extensions beyond the limits. */
  | { readonly kind: "not-looked-at"; readonly count: number }
  /** All extensions together exceed the limit. */
  | { readonly kind: "no-room" }
  | { readonly kind: "unmountable"; readonly type: FileSystemType; readonly error: SysFailure }
  /** `signature` is the path where it is expected. */
  | { readonly kind: "unsigned"; readonly signature: string }
  /** A directory cannot be signed. */
  | { readonly kind: "unsigned-directory" }
  | { readonly kind: "bad-signature"; readonly reason: string };
