import { sha1, sha256, sha384, sha512 } from "exitrd:digest";
import type { Digests } from "../port/loader.ts";

/** The `Digests` port on libmd. */
export const hostDigests: Digests = {
  sha1: (data) => sha1(data),
  sha256: (data) => sha256(data),
  sha384: (data) => sha384(data),
  sha512: (data) => sha512(data),
};
