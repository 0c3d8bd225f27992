import type { FileSystemType } from "../image/disk-image/find-file-system.ts";
import type { ContentProblem } from "../image/extension/problem.ts";
import type { SysFailure } from "../port/sys-failure.ts";

/** Why an extension is refused. */
export type ExtensionProblem =
  | ContentProblem
  | { readonly kind: "bad-name" }
  | { readonly kind: "unreadable"; readonly error: SysFailure }
  /** What reads it broke, in that exception's own words. */
  | { readonly kind: "failed"; readonly reason: string }
  /** One of `count` beyond what is looked at. */
  | { readonly kind: "not-looked-at"; readonly count: number }
  /** All extensions together bring too much. */
  | { readonly kind: "no-room" }
  | { readonly kind: "unmountable"; readonly type: FileSystemType; readonly error: SysFailure }
  /** `signature` is where one would lie. */
  | { readonly kind: "unsigned"; readonly signature: string }
  /** A directory has no bytes that could be signed. */
  | { readonly kind: "unsigned-directory" }
  | { readonly kind: "bad-signature"; readonly reason: string };
