import { expect, test } from "vitest";
import { readBuffer } from "../vm/inspect/block-reader.ts";
import { readForceUnitAccess } from "../vm/inspect/nvme-fua.ts";
import {
  type NvmeCommand,
  parseNvmeTrace,
  type SubmissionQueue,
} from "../vm/inspect/nvme-trace.ts";

function formatCommand(kind: "write" | "flush", cid: number, lba = 0): string {
  const opcode = kind === "write" ? 1 : 0;
  const command = `pci_nvme_io_cmd cid ${cid} nsid 0x1 sqid 2 opc 0x${opcode} opname 'X'`;
  const write = `pci_nvme_write cid ${cid} opname 'X' nsid 1 nlb 8 count 4096 lba 0x${lba.toString(16)}`;
  return kind === "write" ? `${command}\n${write}` : command;
}

const start = "pci_nvme_mmio_start_success setting controller enable bit succeeded";
const stop = "pci_nvme_mmio_shutdown_set shutdown bit set";

test("writes after the last flush are distinguished from those before it", () => {
  const trace = parseNvmeTrace(
    [
      start,
      formatCommand("write", 1, 0x10),
      formatCommand("flush", 2),
      formatCommand("write", 3, 0x20),
      stop,
    ].join("\n"),
  );
  expect(trace).toMatchObject({
    shutdownSet: true,
    writesAfterFlush: [{ kind: "write", cid: 3, sqid: 2, lba: 0x20 }],
    writesAfterShutdown: 0,
    writes: 2,
    flushes: 1,
  });
});

test("a controller that is started again is not regarded as shut down", () => {
  expect(parseNvmeTrace([start, stop, start].join("\n")).shutdownSet).toBe(false);
});

test("a write after the shutdown is counted", () => {
  const trace = parseNvmeTrace([start, stop, formatCommand("write", 1)].join("\n"));
  expect(trace.writesAfterShutdown).toBe(1);
});

test("the latest queues of the kernel are kept", () => {
  const line =
    "pci_nvme_create_sq create submission queue, addr=0x4d90000, sqid=1, cqid=1, qsize=1023, qflags=1";
  expect(parseNvmeTrace(line).queues.get(1)).toEqual({ address: 0x4d90000, size: 1024 });
});

test("FUA is read from the submission queue in RAM", () => {
  const ram = Buffer.alloc(4096);
  const entry = 1024 + 2 * 64;
  ram.writeUInt8(1, entry);
  ram.writeUInt16LE(77, entry + 2);
  ram.writeBigUInt64LE(0x1234n, entry + 40);
  ram.writeUInt32LE(0x40000007, entry + 48);
  const queue = { address: 1024, size: 16 };
  const write = { kind: "write", cid: 77, sqid: 1, lba: 0x1234 } as const;
  const read = (from: SubmissionQueue, command: NvmeCommand = write, ramStart = 0) =>
    readForceUnitAccess(readBuffer(ram), from, command, ramStart);
  expect(read(queue)).toBe(true);
  ram.writeUInt32LE(7, entry + 48);
  expect(read(queue)).toBe(false);
  expect(read(queue, { ...write, cid: 78 })).toBeUndefined();
  const above = 0x4000_0000;
  expect(read({ ...queue, address: above + queue.address }, write, above)).toBe(false);
});
