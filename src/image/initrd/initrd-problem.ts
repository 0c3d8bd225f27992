import { quote, showBytes } from "../../text/show-bytes.ts";
import type { Compression } from "./compressions.ts";

/** The reason why an initrd cannot be read. */
export type InitrdProblem =
  | { readonly kind: "unknown-form" }
  /** A kernel image without an initrd. */
  | { readonly kind: "none" }
  /** An archive is truncated, or something else is in its place. */
  | { readonly kind: "damaged" }
  /** Its files are in a file system inside it, which only the kernel can read. */
  | { readonly kind: "squashed"; readonly path: string }
  /** It has more contents, in bytes, than any image may have. */
  | { readonly kind: "too-large"; readonly limit: number }
  /** No program on this machine can decompress it. */
  | { readonly kind: "packed"; readonly compression: Compression }
  /** The words of the decompressor. */
  | { readonly kind: "unpack"; readonly reason: string };

/** The reason alone: "cannot look into '…': <this>". */
export function describeInitrdProblem(problem: InitrdProblem): string {
  switch (problem.kind) {
    case "unknown-form":
      return "its format is unknown";
    case "none":
      return "it contains no initrd";
    case "damaged":
      return "it is damaged";
    case "squashed":
      return `its files are in a file system inside it, ${quote(problem.path)}`;
    case "too-large":
      return `it contains more than ${problem.limit >> 20} MiB besides modules and firmware`;
    case "packed":
      return `it is compressed with ${problem.compression}`;
    case "unpack":
      return showBytes(problem.reason);
  }
}
