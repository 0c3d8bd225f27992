import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../tools/run.ts";
import { listDigests, parseEventLog, replay } from "./event-log.ts";
import { findPcr, parseTpmLog } from "./tpm-traffic.ts";

/** What the TPM and the event log contain about what was loaded. */
export interface TpmFinding {
  readonly image: PcrFinding;
  readonly extension: PcrFinding;
  /** The digest of the image in the package. */
  readonly packaged: string;
}

export interface PcrFinding {
  readonly pcr: number;
  /** The value last read from the TPM. */
  readonly value: string | undefined;
  /** What a verifier computes from the event log. */
  readonly replayed: string;
  readonly digests: readonly string[];
}

/** Compares the event log that a script printed with swtpm's own log of its traffic. */
export async function inspectTpm(output: string, tpmLog: string, deb: string): Promise<TpmFinding> {
  const records = parseEventLog(output);
  const traffic = parseTpmLog(readFileSync(tpmLog, "latin1"));
  const inspectPcr = (pcr: number): PcrFinding => {
    const digests = listDigests(records, pcr);
    return { pcr, value: findPcr(traffic, pcr), replayed: replay(digests), digests };
  };
  const packaged = await hashPackagedImage(deb);
  return { image: inspectPcr(12), extension: inspectPcr(13), packaged };
}

async function hashPackagedImage(deb: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "exitrd-deb-"));
  try {
    await run("dpkg-deb", ["-x", deb, folder]);
    const image = readFileSync(join(folder, "usr/lib/exitrd/exitrd.img"));
    return createHash("sha256").update(image).digest("hex");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
