import type { Inquiry } from "../../observe/inquiry.ts";
import { readOrEmpty } from "../../port/best-effort.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Reader } from "../../port/teardown.ts";
import { parseMemAvailable } from "../../teardown/parse/meminfo.ts";
import { parseSwaps } from "./proc-swaps.ts";
import type { Memory, Swap } from "./state.ts";

/** Reads the swaps without their device numbers, because looking up the path may block. */
export function observeSwaps(reader: Reader): { readonly swaps: readonly Swap[] } {
  // A kernel built without swap has no such file.
  return { swaps: parseSwaps(readOrEmpty("/proc/swaps", reader)) };
}

export function observeMemory(reader: Reader): { readonly memory?: Memory } {
  const availableKib = parseMemAvailable(readOrEmpty("/proc/meminfo", reader));
  return availableKib === undefined ? {} : { memory: { availableKib } };
}

/** The devices of swaps. The server of a swap file may not answer. */
export const swapInquiry: Inquiry<Swap, Pick<Swap, "dev">> = {
  listQuestions: ({ swaps }) => swaps,
  ask({ path, type }, { reader }) {
    let status = attempt(() => reader.stat(path));
    // The devtmpfs of its node was detached, see `swapOffReleaser`.
    const isMoved = type === "partition" && status?.isBlock !== true;
    if (isMoved) status = attempt(() => reader.stat(`/dev${path}`));
    if (status === undefined) return {};
    return { dev: type === "partition" ? status.rdev : status.dev };
  },
  addReplies: (snapshot, replies) => ({
    ...snapshot,
    swaps: replies.map(({ question, answer, mark }) => ({ ...question, ...answer, ...mark })),
  }),
};
