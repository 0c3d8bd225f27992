import type { AnyNode, NodeId } from "../../teardown/graph/node.ts";
import type { KindGraph, NodeKind, StepKind } from "../../teardown/kind.ts";
import type { BaseDevice, BaseSnapshot } from "../../teardown/snapshot/base.ts";
import {
  type Field,
  get,
  readDev,
  readFlag,
  readList,
  readNumber,
  readOptional,
  readString,
} from "../../text/read-field.ts";
import { refuseDoubles } from "../../text/refuse-doubles.ts";
import { addSwapEdges } from "./edges.ts";
import { findFittingSwaps } from "./fitting.ts";
import { nameSwap, type Swap, type SwapFields, swapNodeId } from "./state.ts";

export interface SwapNode extends AnyNode {
  readonly kind: "swap";
  readonly id: NodeId;
  readonly swap: Swap;
  /** See `nameSwap`. */
  readonly path: string;
  /** Whether there is enough memory for its pages (`fitting.ts`). */
  readonly fits: boolean;
}

export interface SwapOff {
  readonly kind: "swapoff";
  readonly path: string;
  /** As in /proc/swaps, if that differs. */
  readonly listed?: string;
}

export function readSwaps(list: Field): readonly Swap[] {
  const swaps = readList(list, (field): Swap => {
    const type = readString(get(field, "type"));
    if (type !== "partition" && type !== "file") {
      throw new Error(`${field.path}.type: neither "partition" nor "file"`);
    }
    return {
      path: readString(get(field, "path")),
      type,
      sizeKib: readNumber(get(field, "sizeKib")),
      usedKib: readNumber(get(field, "usedKib")),
      ...readOptional(field, "dev", readDev),
      ...readFlag(field, "mute"),
    };
  });
  refuseDoubles(
    list.path,
    "path",
    swaps.map(({ path }) => path),
  );
  return swaps;
}

export function readMemory(field: Field): { readonly availableKib: number } {
  return { availableKib: readNumber(get(field, "availableKib")) };
}

export const swapGraph: KindGraph<BaseSnapshot & SwapFields, SwapNode> = {
  nodes(snapshot) {
    const fitting = findFittingSwaps(snapshot);
    return snapshot.swaps.map((swap) => {
      const isOn = ({ dev }: BaseDevice): boolean => swap.type === "partition" && dev === swap.dev;
      const device = snapshot.devices.find(isOn);
      return {
        kind: "swap",
        id: swapNodeId(swap, device),
        swap,
        path: nameSwap(swap, device),
        fits: fitting.has(swap),
      };
    });
  },
  addEdges({ swaps }, { mounts, devices }, edges) {
    for (const swap of swaps) addSwapEdges(swap, mounts, devices, edges);
  },
};

export const swapNode: NodeKind<SwapNode, SwapOff> = {
  rank: 1,
  isDevice: false,
  name: ({ path }) => path,
  describe: ({ swap }) => `swap ${swap.type}`,
  isMute: ({ swap }) => swap.mute === true,
  stay: ({ fits }) => (fits ? undefined : { kind: "no-memory" }),
  step: ({ swap, path }) => ({
    kind: "swapoff",
    path,
    ...(path === swap.path ? {} : { listed: swap.path }),
  }),
};

export const swapOffStep: StepKind<SwapOff> = {
  act: () => "swapoff",
  verb: "swap off",
  name: ({ path }) => path,
  limitMs: () => 60_000,
  settleMs: 0,
  followsProgress: true,
};
