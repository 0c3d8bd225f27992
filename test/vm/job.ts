import type { Case, Equipment } from "./case.ts";
import { cases } from "./cases.ts";
import { listFailures } from "./check-case.ts";
import { CACHES, judgeCut, MOMENTS, runCut } from "./cut/run-cut.ts";
import { formatFinding } from "./format-finding.ts";
import { DEFAULT_PLAN, runFuzz } from "./fuzz/run-fuzz.ts";
import type { MachineRun } from "./machine/spec.ts";
import { CLEAN_BOOTS, formatMany, judgeMany, runMany } from "./record/run-many.ts";
import { runStory } from "./record/run-story.ts";
import { stories } from "./record/stories.ts";
import type { Story } from "./record/story.ts";
import { judgeRoot } from "./roots/judge-root.ts";
import type { RootStack } from "./roots/root-stack.ts";
import { runRoot } from "./roots/run-root.ts";
import { lostStacks, rootStacks } from "./roots/stacks.ts";
import { type RunOptions, runCase } from "./run-case.ts";
import { judgeUki } from "./uki/judge-uki.ts";
import { runUki, type UkiState } from "./uki/run-uki.ts";
import { upgradeStories } from "./upgrade/stories.ts";
import { type Group, groups } from "./zoo/group.ts";
import { formatGroup, judgeGroup } from "./zoo/judge.ts";
import { runGroup } from "./zoo/run-group.ts";

type Say = (line: string) => void;

/** The result of a job, ready to be printed. */
export interface JobReport {
  /** One sentence for each difference from the expectations; none means passed. */
  readonly failures: readonly string[];
  readonly facts: readonly string[];
  /** The machine whose console shows the reason. */
  readonly run: MachineRun;
  /** Copies of the passphrase that were in RAM after a run through exitrd. */
  readonly passphrases?: number;
}

/**
 * Something that can be run by name: a case with its own machine, a group of the zoo, or a root
 * stack.
 */
export interface Job {
  readonly name: string;
  run(options: RunOptions, say: Say): Promise<JobReport>;
}

/** All jobs, in the order in which they run. */
export const jobs: readonly Job[] = [
  ...cases.map(makeCaseJob),
  ...groups.map(makeGroupJob),
  makeCutJob(),
  makeFuzzJob(),
  makeUkiJob("signed", "uki: signed, and exitrd in it is loaded under Secure Boot"),
  makeUkiJob(
    "unsigned",
    "uki: Secure Boot asks for a signature of exitrd's image, and it has none",
  ),
  makeUkiJob(
    "sealed",
    "uki: a sealed image's root hash is verified by the kernel, and IPE allows it",
  ),
  makeUkiJob("revoked", "uki: the firmware's dbx has the certificate of the image's signer"),
  makeUkiJob("tampered", "uki: one byte of exitrd's image is changed, and the firmware refuses"),
  ...[...stories, ...upgradeStories].map(makeStoryJob),
  makeManyJob(),
  ...[...rootStacks, ...lostStacks].map((stack) => makeRootJob(stack, "exitrd")),
  ...rootStacks.map((stack) => makeRootJob(stack, "without exitrd")),
];

function makeCaseJob(one: Case): Job {
  return {
    name: one.name,
    run: async (options, say) => {
      const finding = await runCase(one, options, say);
      const report = {
        failures: listFailures(one.expect, finding),
        facts: formatFinding(finding),
        run: finding.run,
      };
      if (one.equipment !== "exitrd" || finding.secrets === undefined) return report;
      return { ...report, passphrases: finding.secrets.passphrase };
    },
  };
}

function makeGroupJob(group: Group): Job {
  return {
    name: group.name,
    run: async (_options, say) => {
      const finding = await runGroup(group, say);
      return {
        failures: judgeGroup(group, finding),
        facts: formatGroup(group, finding),
        run: finding.zoo,
      };
    },
  };
}

function makeUkiJob(state: UkiState, name: string): Job {
  return {
    name,
    run: async ({ deb }, say) => {
      const finding = await runUki(state, deb, say);
      const { run } = finding;
      const facts = [`ended by ${run.ending} after ${run.seconds.toFixed(1)} s`];
      return { failures: judgeUki(state, finding), facts, run };
    },
  };
}

function makeStoryJob(story: Story): Job {
  return { name: story.name, run: ({ deb }, say) => runStory(story, deb, say) };
}

function makeManyJob(): Job {
  return {
    name: `record: ${CLEAN_BOOTS} clean shutdowns write no variable, and none waits for its store`,
    run: async (_options, say) => {
      const finding = await runMany(say);
      return { failures: judgeMany(finding), facts: formatMany(finding), run: finding.run };
    },
  };
}

function makeCutJob(): Job {
  return {
    name: `cut: ${MOMENTS} moments of a teardown with write-back caches`,
    run: async (_options, say) => {
      const finding = await runCut(say);
      const { zoo, writes, writesBefore } = finding;
      const facts = [
        `${writes} requests during the teardown, ${writesBefore} before it, ${CACHES.length} caches`,
      ];
      return { failures: judgeCut(finding), facts, run: zoo };
    },
  };
}

function makeFuzzJob(): Job {
  return {
    name: `fuzz: ${DEFAULT_PLAN.runs} random stacks, ${DEFAULT_PLAN.faulty} with a fault`,
    run: (_options, say) => runFuzz(DEFAULT_PLAN, say),
  };
}

function makeRootJob(stack: RootStack, equipment: Equipment): Job {
  const name = `root on ${stack.name}`;
  return {
    name: equipment === "exitrd" ? name : `control: ${name}, ${equipment}`,
    run: async (options, say) => {
      const { deb } = options;
      const finding = await runRoot(stack, equipment, deb, say);
      const { run, facts } = finding;
      return { failures: judgeRoot(stack, equipment, finding), facts, run };
    },
  };
}
