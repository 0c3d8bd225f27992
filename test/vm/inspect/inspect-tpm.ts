import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../tools/run.ts";
import { listDigests, parseEventLog, replay } from "./event-log.ts";
import { findPcr, parseTpmLog } from "./tpm-traffic.ts";

/** What the TPM and the event log say of the image's PCR. */
export interface TpmFinding {
  /** What was last read of the TPM. */
  readonly value: string | undefined;
  /** What a verifier computes from the event log. */
  readonly replayed: string;
  readonly digests: readonly string[];
  /** Of the image in the package. */
  readonly packaged: string;
}

const imagePcr = 12;

/** Compares the event log that a script printed with swtpm's own log of its traffic. */
export async function inspectTpm(output: string, tpmLog: string, deb: string): Promise<TpmFinding> {
  const digests = listDigests(parseEventLog(output), imagePcr);
  return {
    value: findPcr(parseTpmLog(readFileSync(tpmLog, "latin1")), imagePcr),
    replayed: replay(digests),
    digests,
    packaged: await hashPackagedImage(deb),
  };
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
