/** One command from the guest to an NVMe controller. */
export interface NvmeCommand {
  readonly kind: "write" | "flush";
  readonly cid: number;
  readonly sqid: number;
  /** First logical block; writes only. */
  readonly lba: number;
}

export interface NvmeTrace {
  /** The controller was shut down (CC.SHN) and has not been started again. */
  readonly shutdownSet: boolean;
  /** Writes without a flush after them. Those with FUA are durable anyway. */
  readonly writesAfterFlush: readonly NvmeCommand[];
  readonly writesAfterShutdown: number;
  readonly writes: number;
  readonly flushes: number;
  /** The guest-physical address of the latest submission queue of each number. */
  readonly queues: ReadonlyMap<number, SubmissionQueue>;
}

export interface SubmissionQueue {
  readonly address: number;
  /** Number of entries. */
  readonly size: number;
}

interface State {
  shutdownSet: boolean;
  tail: NvmeCommand[];
  afterShutdown: number;
  writes: number;
  flushes: number;
  queues: Map<number, SubmissionQueue>;
}

/** Reads QEMU's pci_nvme_* trace of a machine with one controller. */
export function parseNvmeTrace(text: string): NvmeTrace {
  const state: State = {
    shutdownSet: false,
    tail: [],
    afterShutdown: 0,
    writes: 0,
    flushes: 0,
    queues: new Map(),
  };
  let sqid = 0;
  for (const line of text.split("\n")) {
    const command = /^pci_nvme_io_cmd cid (\d+) .*sqid (\d+) opc 0x(\w+)/.exec(line);
    if (command !== null) {
      sqid = Number(command[2]);
      if (command[3] === "0") noteFlush(state);
    }
    const write = /^pci_nvme_write cid (\d+) .*lba 0x(\w+)/.exec(line);
    if (write !== null) {
      const lba = Number.parseInt(write[2] ?? "", 16);
      noteWrite(state, { kind: "write", cid: Number(write[1]), sqid, lba });
    }
    noteController(state, line);
  }
  return {
    shutdownSet: state.shutdownSet,
    writesAfterFlush: state.tail,
    writesAfterShutdown: state.afterShutdown,
    writes: state.writes,
    flushes: state.flushes,
    queues: state.queues,
  };
}

function noteFlush(state: State): void {
  state.flushes++;
  state.tail = [];
}

function noteWrite(state: State, write: NvmeCommand): void {
  state.writes++;
  state.tail.push(write);
  if (state.shutdownSet) state.afterShutdown++;
}

function noteController(state: State, line: string): void {
  if (line.startsWith("pci_nvme_mmio_shutdown_set")) state.shutdownSet = true;
  if (line.startsWith("pci_nvme_mmio_start_success")) state.shutdownSet = false;
  const queue = /^pci_nvme_create_sq .*addr=0x(\w+), sqid=(\d+), .*qsize=(\d+)/.exec(line);
  if (queue !== null) {
    const address = Number.parseInt(queue[1] ?? "", 16);
    // The field is zero-based.
    state.queues.set(Number(queue[2]), { address, size: Number(queue[3]) + 1 });
  }
}
