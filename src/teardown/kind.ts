import type { Field } from "../text/read-field.ts";
import type { DeviceIndex } from "./graph/device-index.ts";
import type { EdgeList } from "./graph/edges.ts";
import type { Graph } from "./graph/graph.ts";
import type { MountIndex } from "./graph/mount-index.ts";
import type { AnyNode, NodeId } from "./graph/node.ts";
import type { Policy } from "./plan/policy.ts";
import type { StayReason } from "./plan/stay-reason.ts";
import type { MultiDevice } from "./snapshot/base.ts";

/** One act on the kernel. Each kind adds its own fields. */
export interface AnyStep {
  readonly kind: string;
}

/** What a kind finds others by. */
export interface Indexes {
  readonly mounts: MountIndex;
  readonly devices: DeviceIndex;
  /** "major:minor" of the devices that the kernel has open, whoever for. */
  readonly inUse: ReadonlySet<string>;
  /** "major:minor" → the node that holds that device's slaves in its place. */
  readonly slaveHolders: ReadonlyMap<string, NodeId>;
}

/**
 * What one kind contributes to the graph. `S` is the part of the snapshot that it reads.
 * The order of kinds makes no difference, except that `nodes` of the same id override those
 * of kinds before, and that `refine` and `breakCycles` see what those before have made.
 */
export interface KindGraph<S, N extends AnyNode> {
  nodes?(snapshot: S): readonly N[];
  /** Edges from holders to backings. */
  addEdges?(snapshot: S, indexes: Indexes, edges: EdgeList): void;
  /** The same, for what shows only when all other edges are known. */
  addLateEdges?(snapshot: S, indexes: Indexes, edges: EdgeList): void;
  /** The devices of this kind that the kernel has open, by "major:minor". */
  listInUse?(snapshot: S): readonly string[];
  /** The devices whose slaves another node holds, with that node. */
  listSlaveHolders?(snapshot: S): readonly (readonly [dev: string, holder: NodeId])[];
  /** Further paths of devices, without "/dev/", each with its device's "major:minor". */
  listAliases?(snapshot: S): readonly (readonly [path: string, dev: string])[];
  /** What lies on several devices, so that each stands for all. */
  listMultiDevices?(snapshot: S): readonly MultiDevice[];
  /** Changes the finished graph, whose guesses are settled. */
  refine?<G extends AnyNode>(graph: Graph<G>, snapshot: S): Graph<G | N>;
  /** Breaks the cycles that this kind has a rule for. */
  breakCycles?<G extends AnyNode>(graph: Graph<G>): Broken<G>;
}

/** A graph with fewer cycles, and what the steps of those nodes have to know that broke them. */
export interface Broken<N extends AnyNode> {
  readonly graph: Graph<N>;
  readonly marks: ReadonlyMap<NodeId, readonly NodeId[]>;
}

/** What a step is made from, beside its node. */
export interface StepContext {
  readonly graph: Graph;
  /** See `Broken`. */
  readonly mark: readonly NodeId[] | undefined;
  readonly policy: Policy;
}

/** How plan and report treat a node. */
export interface NodeKind<N extends AnyNode, S extends AnyStep, R = never> {
  /** For the order in which people read a plan: smaller first. */
  readonly rank: 0 | 1 | 2 | 3 | 4;
  /** Block devices and what stands for several: named as what others lie on. */
  readonly isDevice: boolean;
  /** What people call it: a target, a path, a dm name, a kernel name. Raw bytes. */
  name(node: N): string;
  /** What it is: "ext4 on vg-root", "crypt", "raid1". `on` are the names of what it lies on. */
  describe(node: N, on: readonly string[]): string;
  /** Whether it gave no answer when it was observed. Of a device where absent. */
  isMute?(node: N): boolean;
  /** The step that releases it. Absent: nothing takes it apart by itself. */
  readonly step?: (node: N, context: StepContext) => S;
  /** It goes with the only thing that it lies on: a partition with its loop device. */
  readonly goesWithBacking?: true;
  /** A real disk. A partition is one if what it lies on is. */
  readonly isHardware?: true;
  /** Why it is not released, whatever lies on it. */
  readonly stay?: (node: N, policy: Policy) => StayReason | undefined;
  /** How it is counted: an API mount is not a layer of storage. A layer where absent. */
  readonly countsAs?: (node: N) => "layer" | "api-mount" | "nothing";
  /** The record's words for it once released, `what` being those of `describe`. */
  describeReleased?(node: N, step: S, remark: R | undefined, what: string): string;
}

/** How plan, deadlines and report treat a step. */
export interface StepKind<S extends AnyStep> {
  /** What it does, as the record calls it: "dm remove". */
  act(step: S): string;
  /** "cannot VERB 'vg-root'". */
  readonly verb: string;
  /** What it is about, as people call it. Raw bytes. */
  name(step: S): string;
  /** How long it may take, in milliseconds. */
  limitMs(step: S): number;
  /** Whether `StepTimeout=` may only make this step's limit shorter. */
  readonly isShort?: (step: S) => boolean;
  /** How long to wait for what it began, once its call has come back, in milliseconds. */
  readonly settleMs: number;
  /** It may take longer for as long as data of the devices below is seen to move. */
  readonly followsProgress?: true;
  /** The machine that it waits for: one step that hangs shows that the others will. */
  readonly server?: (step: S) => string | undefined;
  /** It waits for a server that may be ended: keep time for another turn. */
  readonly waitsForServer?: (step: S) => boolean;
}

/** Reads one member of a snapshot in JSON. Throws an Error that names the first wrong field. */
export type ReadMember<T> = (field: Field) => T;
