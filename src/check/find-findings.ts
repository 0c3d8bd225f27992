import type { Node, Snapshot } from "../kinds/kinds.ts";
import type { Graph } from "../teardown/graph/graph.ts";
import type { Plan } from "../teardown/plan/plan.ts";
import { severityOf } from "./describe-finding.ts";
import type { Facts } from "./facts.ts";
import { type Finding, SEVERITIES } from "./finding.ts";
import { checkKernelUsers, checkServers } from "./rules/holders.ts";
import { checkImage } from "./rules/image.ts";
import { checkNetwork } from "./rules/network.ts";
import { checkPivot } from "./rules/pivot.ts";
import { checkStorage } from "./rules/storage.ts";
import { checkWatchdogs } from "./rules/watchdog.ts";

/** The storage, and the plan that PID 1 would make for it. */
export interface Planned {
  readonly snapshot: Snapshot;
  readonly graph: Graph<Node>;
  readonly plan: Plan;
}

/** The subject of each part of the facts, in words. */
const PARTS: { readonly [K in keyof Required<Facts>]: string } = {
  image: "the image",
  init: "the init system",
  watchdogs: "the watchdogs",
  kernelUsers: "the users of storage in the kernel",
  servers: "the storage daemons",
  network: "the network",
  killpower: "the scripts of systemd-shutdown",
  bindings: "the LUKS headers",
  record: "the place for the record",
};

/**
 * All findings, errors first, notes last. If the storage could not be observed, that is one of them.
 */
export function findFindings(facts: Facts, planned: Planned | undefined): readonly Finding[] {
  const { image, watchdogs = [], kernelUsers = [], killpower = [], bindings = [] } = facts;
  const unread = Object.entries(PARTS)
    .filter(([part]) => facts[part as keyof Facts] === undefined)
    .map(([, what]): Finding => ({ kind: "unread", what }));
  const found: readonly Finding[] = [
    ...(image === undefined ? [] : checkImage(image)),
    ...checkPivot(image, facts.init),
    ...(planned === undefined
      ? [{ kind: "unread", what: "the storage" } as const]
      : checkStack(planned, facts)),
    ...checkKernelUsers(kernelUsers),
    ...checkWatchdogs(watchdogs, image?.settings.watchdog),
    ...killpower.map((path): Finding => ({ kind: "killpower", path })),
    ...checkBindings(bindings, image?.measuredPcrs ?? []),
    ...checkRecord(facts.record),
    ...unread,
  ];
  return SEVERITIES.flatMap((severity) =>
    found.filter((finding) => severityOf(finding) === severity),
  );
}

function checkStack({ snapshot, graph, plan }: Planned, facts: Facts): readonly Finding[] {
  return [
    ...checkStorage(plan, graph, snapshot),
    ...checkServers(graph, snapshot, facts.servers ?? []),
    ...(facts.network === undefined ? [] : checkNetwork(graph, facts.network)),
  ];
}

/** Once a PCR is extended, the TPM does not release a key that was bound to its previous value. */
function checkBindings(
  bindings: NonNullable<Facts["bindings"]>,
  measured: readonly number[],
): readonly Finding[] {
  return bindings.flatMap(({ device, pcrs }) =>
    pcrs
      .filter((pcr) => measured.includes(pcr))
      .map((pcr): Finding => ({ kind: "pcr-binding", device, pcr })),
  );
}

function checkRecord(record: Facts["record"]): readonly Finding[] {
  if (record === undefined) return [];
  const { isWanted, hasPlace, lacksBmc, reasons } = record;
  return [
    ...(isWanted && !hasPlace ? [{ kind: "record-no-place", reasons } as const] : []),
    ...(lacksBmc ? [{ kind: "record-no-bmc" } as const] : []),
  ];
}
