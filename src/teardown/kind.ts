import type { Field } from "../text/read-field.ts";
import type { DeviceIndex } from "./graph/device-index.ts";
import type { EdgeList } from "./graph/edges.ts";
import type { Graph } from "./graph/graph.ts";
import type { MountIndex } from "./graph/mount-index.ts";
import type { AnyNode, NodeId } from "./graph/node.ts";
import type { Policy } from "./plan/policy.ts";
import type { StayReason } from "./plan/stay-reason.ts";
import type { MultiDevice } from "./snapshot/base.ts";

/** One action on the kernel. Each kind adds its own fields. */
export interface AnyStep {
  readonly kind: string;
}

/** Indexes by which a kind finds other nodes. */
export interface Indexes {
  readonly mounts: MountIndex;
  readonly devices: DeviceIndex;
  /** "major:minor" of the devices that the kernel has open for any kind. */
  readonly inUse: ReadonlySet<string>;
  /** "major:minor" → the node that holds the device's slaves on its behalf. */
  readonly slaveHolders: ReadonlyMap<string, NodeId>;
}

/**
 * What one kind contributes to the graph. `S` is the part of the snapshot that it reads. The order
 * of kinds makes no difference, except that `nodes` of the same id override those of earlier kinds,
 * and that `refine` and `breakCycles` see the results of earlier kinds.
 */
export interface KindGraph<S, N extends AnyNode> {
  nodes?(snapshot: S): readonly N[];
  /** Edges from holders to backings. */
  addEdges?(snapshot: S, indexes: Indexes, edges: EdgeList): void;
  /** The same for edges that depend on all other edges. */
  addLateEdges?(snapshot: S, indexes: Indexes, edges: EdgeList): void;
  /** The devices of this kind that the kernel has open, by "major:minor". */
  listInUse?(snapshot: S): readonly string[];
  /** The devices whose slaves are held by another node, with that node. */
  listSlaveHolders?(snapshot: S): readonly (readonly [dev: string, holder: NodeId])[];
  /** Further paths of devices, without "/dev/", each with its device's "major:minor". */
  listAliases?(snapshot: S): readonly (readonly [path: string, dev: string])[];
  /** Multi-device file systems: each of the devices represents all. */
  listMultiDevices?(snapshot: S): readonly MultiDevice[];
  /** Modifies the complete graph after guesses are settled. */
  refine?<G extends AnyNode>(graph: Graph<G>, snapshot: S): Graph<G | N>;
  /** Breaks the cycles that this kind has a rule for. */
  breakCycles?<G extends AnyNode>(graph: Graph<G>): Broken<G>;
}

/** A graph with fewer cycles, and hints for the steps of the nodes at which they were broken. */
export interface Broken<N extends AnyNode> {
  readonly graph: Graph<N>;
  readonly marks: ReadonlyMap<NodeId, readonly NodeId[]>;
}

/** The context in which a node's step is made. */
export interface StepContext {
  readonly graph: Graph;
  /** See `Broken`. */
  readonly mark: readonly NodeId[] | undefined;
  readonly policy: Policy;
}

/** How plan and report treat a node. */
export interface NodeKind<N extends AnyNode, S extends AnyStep, R = never> {
  /** The order of kinds in a plan: smaller first. */
  readonly rank: 0 | 1 | 2 | 3 | 4;
  /** A block device, or a node that represents several: shown as the backing of other nodes. */
  readonly isDevice: boolean;
  /** Its usual name: a target, a path, a dm name, a kernel name. Raw bytes. */
  name(node: N): string;
  /** What it is: "ext4 on vg-root", "crypt", "raid1". `on` are the names of its backings. */
  describe(node: N, on: readonly string[]): string;
  /** Whether it did not answer when it was observed. If absent, its device decides. */
  isMute?(node: N): boolean;
  /** The step that releases it. Absent if it cannot be released by itself. */
  readonly step?: (node: N, context: StepContext) => S;
  /** It is released together with its only backing: a partition with its loop device. */
  readonly goesWithBacking?: true;
  /** Its holders are only suspected: in a last attempt it is released although they are left. */
  readonly hasSuspects?: true;
  /** A real disk, or a partition of one. */
  readonly isHardware?: true;
  /** Why it is not released, regardless of its holders. */
  readonly stay?: (node: N, policy: Policy) => StayReason | undefined;
  /** What it is counted as: an API mount is not a layer of storage. If absent, it is a layer. */
  readonly countsAs?: (node: N) => "layer" | "api-mount" | "nothing";
  /** Its description in the record once released; `what` is that of `describe`. */
  describeReleased?(node: N, step: S, effect: R | undefined, what: string): string;
}

/** How plan, deadlines and report treat a step. */
export interface StepKind<S extends AnyStep> {
  /** The action, as in the record: "dm remove". */
  act(step: S): string;
  /** "cannot VERB 'vg-root'". */
  readonly verb: string;
  /** The usual name of its object. Raw bytes. */
  name(step: S): string;
  /** How long it may take, in milliseconds. */
  limitMs(step: S): number;
  /** Whether `StepTimeout=` can only lower the limit of this step. */
  readonly isShort?: (step: S) => boolean;
  /** How long to wait for the effect after its call has returned, in milliseconds. */
  readonly settleMs: number;
  /** Its limit is extended as long as data moves on the devices below. */
  readonly followsProgress?: true;
  /** It completes I/O that others wait for: performed first if something did not answer. */
  readonly opensGate?: true;
  /** The machine that it waits for: if one step hangs, the others will. */
  readonly server?: (step: S) => string | undefined;
  /** It waits for a server that may be killed: reserve time for another attempt. */
  readonly waitsForServer?: (step: S) => boolean;
  /** It discards what was not written yet. */
  readonly givesUpData?: (step: S) => boolean;
}

/** Reads one member of a snapshot in JSON. Throws an Error that names the first wrong field. */
export type ReadMember<T> = (field: Field) => T;
