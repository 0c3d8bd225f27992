import { createHash } from "node:crypto";

/** A record of systemd's userspace event log, with the fields that a verifier needs. */
export interface EventRecord {
  readonly pcr: number;
  readonly digests: readonly { readonly hashAlg: string; readonly digest: string }[];
}

/** Reads the records (RFC 7464) among the lines that a script printed. */
export function parseEventLog(output: string): readonly EventRecord[] {
  return output
    .split("\n")
    .filter((line) => line.startsWith("\x1e"))
    .map((line) => JSON.parse(line.slice(1)));
}

/** The SHA-256 digests that were extended into a PCR, in order. */
export function listDigests(records: readonly EventRecord[], pcr: number): readonly string[] {
  return records
    .filter((record) => record.pcr === pcr)
    .flatMap(({ digests }) => digests.filter(({ hashAlg }) => hashAlg === "sha256"))
    .map(({ digest }) => digest);
}

/** The value of a PCR, initially zero, after these digests. */
export function replay(digests: readonly string[]): string {
  let value = Buffer.alloc(32);
  for (const digest of digests) {
    value = createHash("sha256").update(value).update(Buffer.from(digest, "hex")).digest();
  }
  return value.toString("hex");
}
