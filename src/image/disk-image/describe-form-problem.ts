import type { FormProblem } from "./form-problem.ts";

/** Describes a problem with such a file, for use after a colon. */
export function describeForm(problem: FormProblem): string {
  switch (problem.kind) {
    case "unknown-form":
      return "it is not a squashfs, an erofs or a disk image with one of them";
    case "table":
      return problem.reason === "truncated"
        ? "it is truncated, or its partition table is invalid"
        : "its partition table is invalid";
    case "partitions":
      return describePartitions[problem.reason];
    case "verity":
      return describeVerity[problem.reason];
    case "verity-signature":
      return describeSignature[problem.reason];
  }
}

const describePartitions = {
  none: "it has no root or /usr partition for this architecture",
  ambiguous: "it has more than one root or /usr partition for this architecture",
  "no-verity": "it has a signature partition, but no hash partition",
  "no-signature": "it has no signature partition",
} as const;

const describeVerity = {
  "bad-superblock": "its hash partition has no verity superblock",
  "unknown-hash": "its hash tree does not use SHA-256",
  truncated: "its partition is smaller than its verity superblock states",
  changed: "its contents do not match the signed root hash",
} as const;

const describeSignature = {
  "no-json": "its signature partition does not contain a JSON object",
  "root-hash": "its signature partition has no SHA-256 rootHash",
  signature: "its signature partition has no Base64 signature",
} as const;
