import type { Identity } from "../../fake/openssl.ts";

/** One signature that should not exist, with the verdicts of two verifiers. */
export interface Oddity {
  readonly name: string;
  readonly signature: Uint8Array;
  readonly content: Uint8Array;
  readonly anchors: readonly Identity[];
  readonly revoked?: readonly Identity[];
  /** "accepted", or the kind of the problem. */
  readonly exitrd: string;
  /** The verdict of `openssl cms -verify` 3.0; undefined if it has no such option. */
  readonly openssl: "accepted" | "refused" | undefined;
}
