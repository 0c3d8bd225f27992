import type { BlockReader } from "./block-reader.ts";
import type { NvmeCommand, SubmissionQueue } from "./nvme-trace.ts";

const entrySize = 64;
const opcodeWrite = 0x01;
const forceUnitAccess = 0x40000000;

/**
 * Determines whether a write had FUA, from the submission queue in the guest's RAM.
 *
 * QEMU's trace does not contain the flag. `ramStart` is the address of the first byte of `ram`.
 * Returns undefined if the entry of the queue has been
 * reused since. Source: NVM Command Set Specification, Write, CDW12.
 */
export function readForceUnitAccess(
  ram: BlockReader,
  queue: SubmissionQueue,
  command: NvmeCommand,
  ramStart: number,
): boolean | undefined {
  const entries = ram.read(queue.address - ramStart, queue.size * entrySize);
  for (let at = 0; at < entries.length; at += entrySize) {
    const matches =
      entries.readUInt8(at) === opcodeWrite &&
      entries.readUInt16LE(at + 2) === command.cid &&
      entries.readBigUInt64LE(at + 40) === BigInt(command.lba);
    if (matches) return (entries.readUInt32LE(at + 48) & forceUnitAccess) !== 0;
  }
  return undefined;
}
