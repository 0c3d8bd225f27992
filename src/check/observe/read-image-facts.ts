import { chooseImage } from "../../load/choose-image.ts";
import { describePassedOver } from "../../load/describe-passed-over.ts";
import { describeVerifyProblem } from "../../load/describe-verify-problem.ts";
import { buildConf } from "../../load/image-places.ts";
import { judgeNext, judgeNow } from "../../load/judge-boot.ts";
import { type BootStatus, readBoot } from "../../load/read-boot.ts";
import { readConfig } from "../../load/read-config.ts";
import type { InitrdPorts } from "../../load/read-initrd.ts";
import { type LoadStatus, readStatus, type StatusPorts } from "../../load/read-status.ts";
import { readCommandLine, readVerification } from "../../load/read-verification.ts";
import { attempt } from "../../port/sys-error.ts";
import { configLine, parameterLine } from "../../teardown/report/config-lines.ts";
import { parseConfig } from "../../teardown/settings/parse-config.ts";
import { parseParameters } from "../../teardown/settings/parse-parameters.ts";
import { stringifySettings } from "../../teardown/settings/stringify-settings.ts";
import { treePlace } from "../../text/tree-paths.ts";
import type { ImageFacts } from "../facts.ts";

/** What `exitrd status` knows, as far as it can be a problem. */
export function readImageFacts(ports: StatusPorts & InitrdPorts, now: number): ImageFacts {
  const { files, reader } = ports;
  const config = readConfig(files);
  const commandLine = readCommandLine(files);
  const parameters = parseParameters(commandLine);
  const verification = readVerification(config.settings, commandLine, files, now);
  const { path, passedOver } = chooseImage(config.settings.seal, verification, ports);
  const status = readStatus(path, treePlace, verification, ports);
  const boot = readBoot(commandLine, reader.kernelRelease(), now, ports);
  const { image, occupant } = status;
  const ours = occupant.kind === "ours" ? occupant : undefined;
  const loaded = parseConfig([{ path: treePlace, text: ours?.configuration ?? "" }]).settings;
  const { timeoutMs, watchdog } = { ...loaded, ...parameters.settings };
  const refusal = findRefusal(status);
  const conf = attempt(() => files.status(buildConf));
  return {
    path,
    now: judgeNow(status, treePlace, boot).reasons,
    next: judgeNext(status, boot).reasons,
    isNoexec: ours !== undefined && status.mount?.options.includes("noexec") === true,
    differs: ours !== undefined && image.kind === "good" && isOther(ours, image),
    ...(refusal === undefined ? {} : { refusal }),
    configChanged: ours !== undefined && ours.configuration !== stringifySettings(config.settings),
    notes: config.notes.map(configLine),
    parameterNotes: parameters.notes.map(parameterLine),
    ...(passedOver === undefined
      ? {}
      : { passedOver: { path: passedOver.path, reason: describePassedOver(passedOver) } }),
    updates: image.kind === "good" ? image.updates : [],
    isConfigured: conf !== undefined && conf.size > 0,
    ...listInitrd(boot),
    refusedExtensions: ours?.extensions?.refused ?? [],
    ...(parameters.breakAt === undefined ? {} : { breakAt: parameters.breakAt }),
    measuredPcrs: listPcrs(status),
    settings: {
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(watchdog === undefined ? {} : { watchdog }),
    },
  };
}

type Ours = Extract<LoadStatus["occupant"], { readonly kind: "ours" }>;
type Good = Extract<LoadStatus["image"], { readonly kind: "good" }>;

function isOther(ours: Ours, image: Good): boolean {
  return ours.digest !== image.digest || ours.sealed !== image.sealed;
}

/** If nothing is loaded, the refusal is already reported as the reason for that. */
function findRefusal({ image, occupant }: LoadStatus): string | undefined {
  if (occupant.kind !== "ours" || image.kind !== "good" || image.trust.ok) return undefined;
  return describeVerifyProblem(image.trust.problem);
}

function listInitrd({ initrd }: BootStatus): Pick<ImageFacts, "initrd"> {
  if (initrd.kind !== "holds") return {};
  const { path, stale, updater } = initrd;
  return { initrd: { path, stale, updater } };
}

function listPcrs({ occupant }: LoadStatus): readonly number[] {
  const measurement = occupant.kind === "ours" ? occupant.measurement : undefined;
  if (measurement?.kind !== "measured") return [];
  return [...new Set(measurement.items.map(({ pcr }) => pcr))];
}
