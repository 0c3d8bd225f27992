import { listExports } from "../kinds/export/observe.ts";
import { EXPORT_PROTOCOLS, type Export, type ExportProtocol } from "../kinds/export/state.ts";
import { readFuseServer } from "../kinds/fuse/observe.ts";
import type { FuseServer } from "../kinds/fuse/state.ts";
import type { BlockDevice, Snapshot } from "../kinds/kinds.ts";
import type { Swap } from "../kinds/swap/state.ts";
import { listPoolCandidates, readPoolOf } from "../kinds/zpool/observe.ts";
import { attempt } from "../port/sys-error.ts";
import { findAsk } from "./ask-device.ts";
import type { AskPorts } from "./ask-ports.ts";

/** What the text of /proc and /sys shows, which needs no disk I/O and no answer of a server. */
export interface Seen {
  readonly snapshot: Snapshot;
  /** Entries of /proc that may serve FUSE. */
  readonly servers: readonly string[];
}

/** A question that may never be answered, because a disk is dead, a server gone or a process stuck. */
export type Question =
  | { readonly kind: "device"; readonly device: BlockDevice }
  | { readonly kind: "swap"; readonly swap: Swap }
  | { readonly kind: "server"; readonly entry: string }
  | { readonly kind: "exports"; readonly protocol: ExportProtocol }
  /** Which pool a disk belongs to. */
  | { readonly kind: "label"; readonly name: string };

/** The answer; empty if there is nothing to add. */
export interface Answer {
  /** Members to be added to the device, or replaced. */
  readonly device?: Partial<BlockDevice>;
  readonly swapDev?: string;
  readonly pool?: string;
  readonly server?: FuseServer;
  readonly exports?: readonly Export[];
}

/** Deterministic: parent and child each compute the same list from the same text. */
export function listQuestions({ snapshot, servers }: Seen): readonly Question[] {
  return [
    ...snapshot.devices.flatMap((device): readonly Question[] =>
      findAsk(device) === undefined ? [] : [{ kind: "device", device }],
    ),
    ...snapshot.swaps.map((swap): Question => ({ kind: "swap", swap })),
    ...servers.map((entry): Question => ({ kind: "server", entry })),
    ...EXPORT_PROTOCOLS.map((protocol): Question => ({ kind: "exports", protocol })),
    ...listPoolCandidates(snapshot).map((name): Question => ({ kind: "label", name })),
  ];
}

/** Asks one question. May block for ever. */
export function askQuestion(question: Question, ports: AskPorts): Answer {
  const { reader } = ports;
  switch (question.kind) {
    case "device": {
      const ask = findAsk(question.device);
      return ask === undefined ? {} : { device: ask(ports) };
    }
    case "swap": {
      const { path, type } = question.swap;
      const status = attempt(() => reader.stat(path));
      if (status === undefined) return {};
      return { swapDev: type === "partition" ? status.rdev : status.dev };
    }
    case "label":
      return { pool: readPoolOf(question.name, ports) };
    case "exports":
      return { exports: attempt(() => listExports(question.protocol, reader)) ?? [] };
    case "server": {
      const server = readFuseServer(question.entry, reader);
      return server === undefined ? {} : { server };
    }
  }
}
