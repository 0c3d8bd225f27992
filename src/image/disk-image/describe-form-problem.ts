import type { FormProblem } from "./form-problem.ts";

/** Says in half a sentence what is wrong with such a file. */
export function describeForm(problem: FormProblem): string {
  switch (problem.kind) {
    case "unknown-form":
      return "it is no squashfs, no erofs and no disk image with one";
    case "table":
      return problem.reason === "truncated"
        ? "it is truncated, or its partition table is wrong"
        : "its partition table is wrong";
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
  "unknown-hash": "its hash tree is not of SHA-256",
  truncated: "its partition is smaller than its hash tree says",
  changed: "its contents do not have the root hash that is signed",
} as const;

const describeSignature = {
  "no-json": "its signature partition holds no JSON object",
  "root-hash": "its signature partition has no rootHash of SHA-256",
  signature: "its signature partition has no signature in Base64",
} as const;
