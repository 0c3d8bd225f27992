import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ControllerFinding, Finding, SecretsFinding } from "../finding.ts";
import { type Architecture, platforms } from "../machine/platform.ts";
import type { MachineRun } from "../machine/spec.ts";
import type { Image } from "../stacks/image.ts";
import { withFileReader } from "./block-reader.ts";
import { inspectDisk } from "./inspect-disk.ts";
import { readForceUnitAccess } from "./nvme-fua.ts";
import { parseNvmeTrace } from "./nvme-trace.ts";
import { countInFile } from "./ram-scan.ts";
import { readRecord } from "./shutdown-record.ts";

/** Reads disk, controller trace and RAM of a machine that is off. */
export async function inspectRun(
  image: Image,
  run: MachineRun,
  disk: string,
  ramFile: string,
): Promise<Omit<Finding, "tpm">> {
  return {
    run,
    fileSystems: await inspectDisk(image, disk, run.folder),
    controller: inspectController(join(run.folder, "trace.log"), ramFile, image.architecture),
    secrets: await countSecrets(image, ramFile),
    record: await readRecord(disk, run.folder),
  };
}

function inspectController(
  traceFile: string,
  ramFile: string,
  architecture: Architecture,
): ControllerFinding {
  const { ramStart } = platforms[architecture];
  const trace = parseNvmeTrace(readFileSync(traceFile, "utf8"));
  const forced = withFileReader(ramFile, (ram) =>
    trace.writesAfterFlush.map((write) => {
      const queue = trace.queues.get(write.sqid);
      return queue === undefined ? undefined : readForceUnitAccess(ram, queue, write, ramStart);
    }),
  );
  return {
    shutDown: trace.shutdownSet,
    writesAfterShutdown: trace.writesAfterShutdown,
    writesAfterFlush: trace.writesAfterFlush.length,
    notForced: forced.filter((flag) => flag === false).length,
    unknown: forced.filter((flag) => flag === undefined).length,
  };
}

/** Counts the volume key's halves and the passphrase in a RAM image. */
export async function countSecrets(
  image: Image,
  ramFile: string,
): Promise<SecretsFinding | undefined> {
  if (image.volumeKeyFile === undefined || image.passphraseFile === undefined) return undefined;
  const key = readFileSync(image.volumeKeyFile);
  const counts = await countInFile(ramFile, {
    firstHalf: key.subarray(0, 32),
    secondHalf: key.subarray(32, 64),
    passphrase: readFileSync(image.passphraseFile),
  });
  return {
    firstHalf: counts.firstHalf ?? 0,
    secondHalf: counts.secondHalf ?? 0,
    passphrase: counts.passphrase ?? 0,
  };
}
