import { quote } from "../../text/show-bytes.ts";
import type { Verdict } from "./record.ts";
import { describeCompletion, IPMI_DEVICE } from "./sel-entry.ts";

/** Why a place did not take the record. Nothing is written there, and the shutdown continues. */
export type KeepProblem =
  /** The partition is not the one that the place was found on. */
  | { readonly kind: "changed" }
  /** The blocks there are not part of a record file. */
  | { readonly kind: "not-ours" }
  /**
   * Another device is built on the partition, or a file system on it is still active and writable.
   */
  | { readonly kind: "in-use" }
  /** The record was written, but other data was read back. */
  | { readonly kind: "misread" }
  | { readonly kind: "too-long" }
  /** No driver offers the BMC to programs. */
  | { readonly kind: "no-driver" }
  /** The BMC returned this completion code. */
  | { readonly kind: "refused"; readonly code: number }
  /** The kernel drops messages of programs (printk.devkmsg=). */
  | { readonly kind: "not-logged" }
  /** The kernel does not accept always_kmsg_dump. */
  | { readonly kind: "not-dumped" }
  | { readonly kind: "hung"; readonly limitMs: number }
  | { readonly kind: "crashed" }
  | { readonly kind: "error"; readonly words: string };

/** "exitrd: cannot keep the record on 'sda1': it is still in use, ignoring". */
export function keepProblemLine(where: string, problem: KeepProblem): string {
  return `exitrd: cannot keep the record on ${quote(where)}: ${describeKeepProblem(problem)}, ignoring`;
}

function describeKeepProblem(problem: KeepProblem): string {
  switch (problem.kind) {
    case "changed":
      return "the partition has changed since the place was found";
    case "not-ours":
      return "the place was overwritten";
    case "in-use":
      return "it is still in use";
    case "misread":
      return "other data was read back than written";
    case "too-long":
      return "it is too long";
    case "no-driver":
      return `${IPMI_DEVICE} does not exist: load ipmi_devintf`;
    case "refused":
      return describeCompletion(problem.code);
    case "not-logged":
      return "the kernel log drops messages of programs";
    case "not-dumped":
      return "the kernel does not dump its log at a shutdown";
    case "hung":
      return `no answer within ${problem.limitMs} ms`;
    case "crashed":
      return "the child process failed";
    case "error":
      return problem.words;
  }
}

/** "exitrd: shutdown clean, recorded on 'sda1'". */
export function keptLine(verdict: Verdict, where: string): string {
  return `exitrd: shutdown ${verdict}, recorded on ${quote(where)}`;
}

/** "exitrd: shutdown clean, record logged for 'erst'": the kernel stores its log in reboot(2). */
export function loggedLine(verdict: Verdict, backend: string): string {
  return `exitrd: shutdown ${verdict}, record logged for ${quote(backend)}`;
}
