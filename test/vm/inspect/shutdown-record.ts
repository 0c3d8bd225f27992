import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseShutdownRecord } from "../../../src/teardown/record/parse-record.ts";
import type { ShutdownRecord } from "../../../src/teardown/record/record.ts";
import { decodeSlot, readNonce, SLOT_COUNT } from "../../../src/teardown/record/slots.ts";
import { toByteString } from "../../../src/text/bytes.ts";
import { run } from "../../../tools/run.ts";
import { bootPartition } from "../build/disk-layout.ts";

/** The record of one boot. */
export interface FoundRecord {
  /** 32 hexadecimal digits. */
  readonly bootId: string;
  readonly record: ShutdownRecord;
}

/**
 * Reads the newest record from the file in /boot of a machine that is off, without mounting.
 * Undefined if there is no file or no record in it.
 */
export async function readRecord(disk: string, folder: string): Promise<FoundRecord | undefined> {
  const path = join(folder, "exitrd.record");
  try {
    const boot = `${disk}?offset=${bootPartition.offset}`;
    await run("debugfs", ["-R", `dump /exitrd.record ${path}`, boot]);
    return existsSync(path) ? findNewest(readFileSync(path)) : undefined;
  } finally {
    rmSync(path, { force: true });
  }
}

function findNewest(file: Uint8Array): FoundRecord | undefined {
  if (readNonce(file) === undefined) return undefined;
  const slots = Array.from({ length: SLOT_COUNT }, (_, slot) => decodeSlot(file, slot, sha256));
  const [newest] = slots
    .flatMap((slot) => (slot.kind === "whole" ? [slot] : []))
    .sort((a, b) => b.sequence - a.sequence);
  if (newest === undefined) return undefined;
  return { bootId: newest.bootId, record: parseShutdownRecord(toByteString(newest.body)) };
}

function sha256(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
