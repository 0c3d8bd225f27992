import { type BlockDevice, listMultiDevices } from "../../kinds/kinds.ts";
import { askAll } from "../../observe/complete.ts";
import type { Inquiry } from "../../observe/inquiry.ts";
import type { Question } from "../../observe/question.ts";
import { runTasks } from "../../observe/run-task.ts";
import { beginSurvey } from "../../observe/survey.ts";
import { attempt } from "../../port/sys-error.ts";
import type { NodeId } from "../../teardown/graph/node.ts";
import { blockNodeId } from "../../teardown/graph/node-id.ts";
import type { Holder } from "../../teardown/plan/outcome.ts";
import type { View } from "../look.ts";
import type { Ports } from "../ports.ts";
import { readHolders } from "./degrade.ts";
import { findHolders } from "./holders.ts";

const CLAIMED_LIMIT_MS = 3_000;

/** A device that the kernel uses, although nothing shows why. */
export interface Claimed {
  readonly name: string;
  /** Processes that have it mounted in their own namespace, or have a file on it open. */
  readonly holders: readonly Holder[];
}

interface Answer {
  readonly isClaimed: boolean;
}

/**
 * Finds the disks and partitions that the first view showed as mounted and that the kernel still
 * uses although no mount is visible: the superblock is still active in another mount namespace or
 * in the kernel itself. `kept` are below what is kept by choice, which uses them.
 */
export function findClaimed(
  first: View,
  kept: ReadonlySet<NodeId>,
  until: number,
  ports: Ports,
): readonly Claimed[] {
  const { mounts, devices } = first.snapshot;
  const mounted = new Set(mounts.map((mount) => mount.dev));
  const members = new Set(listMultiDevices(first.snapshot).flatMap((one) => one.devices));
  const candidates = devices.filter(
    ({ name, dev, dm }) =>
      (mounted.has(dev) || members.has(name)) && dm === undefined && !kept.has(blockNodeId(dev)),
  );
  const { reader, clock } = ports;
  // Opening a device may block for ever, and so may looking at a process.
  const inquiry: Inquiry<BlockDevice, Answer> = {
    listQuestions: () => candidates,
    ask: ({ name }) => ({ isClaimed: attempt(() => reader.isClaimed(name)) === true }),
    addReplies: (snapshot) => snapshot,
  };
  const questions = candidates.map((subject): Question => ({ inquiry, subject }));
  const end = Math.min(until, clock.now() + CLAIMED_LIMIT_MS);
  const asking = { ...ports, claims: reader };
  const { answers } = askAll(beginSurvey(questions.length), questions, end, asking);
  const claimed = candidates.filter(
    (_, index) => (answers.get(index) as Answer | undefined)?.isClaimed === true,
  );
  const found = runTasks(
    claimed.map(
      ({ dev }) =>
        () =>
          JSON.stringify(findHolders({ dev }, ports)),
    ),
    end - clock.now(),
    ports,
  );
  return claimed.map(({ name }, index) => ({ name, holders: readHolders(found[index]) }));
}
