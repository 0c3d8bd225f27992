import { describeProblem } from "../image/describe-problem.ts";
import { extensionLine } from "../image/report/extension-line.ts";
import { absentLine, updateLines } from "../image/report/update-lines.ts";
import { describeMeasurement } from "../image/tpm/describe-measurement.ts";
import { type ChosenImage, chooseImage, type PassedOver } from "../load/choose-image.ts";
import { describePassedOver } from "../load/describe-passed-over.ts";
import { describeVerifyProblem } from "../load/describe-verify-problem.ts";
import { isCopy } from "../load/find-updates.ts";
import { buildConf } from "../load/image-places.ts";
import { judgeNext, judgeNow, type Verdict } from "../load/judge-boot.ts";
import { describeLoadFailure } from "../load/load-failure.ts";
import { type BootStatus, readBoot } from "../load/read-boot.ts";
import { readConfig } from "../load/read-config.ts";
import { readImage } from "../load/read-image.ts";
import { describeInit } from "../load/read-init.ts";
import { type LoadStatus, readStatus } from "../load/read-status.ts";
import { readCommandLine, readVerification, type Verification } from "../load/read-verification.ts";
import { configLine, parameterLine } from "../teardown/report/config-lines.ts";
import type { Config } from "../teardown/settings/parse-config.ts";
import { parseParameters } from "../teardown/settings/parse-parameters.ts";
import { stringifySettings } from "../teardown/settings/stringify-settings.ts";
import { quote } from "../text/show-bytes.ts";
import { checkBuildConf, hasBuildConf } from "./build-conf.ts";
import { type Command, defaultTarget, type ExitCode, type Host, jsonOption } from "./command.ts";
import { findTarget } from "./find-target.ts";
import { formatJson } from "./format.ts";
import { listTrustNotes, sayTrustInFull } from "./trust-lines.ts";

interface Places {
  readonly image: string;
  readonly passedOver: PassedOver | undefined;
  readonly target: string;
}

/** The parts of the host that the command gets. */
type Given = "files" | "reader" | "codec" | "arithmetic" | "machine" | "now" | "print" | "say";

export const statusCommand: Command<Given> = {
  name: "status",
  summary: "Report whether shutdown goes through exitrd, now and after a reboot.",
  options: [
    {
      name: "--image",
      value: "FILE",
      help: "Check FILE instead of the image that 'exitrd load' would load.",
    },
    { name: "--target", value: "DIR", help: `Use DIR instead of ${defaultTarget}.` },
    {
      name: "--print-image",
      help: "Print only the path of the image that 'exitrd load' would load, for an initrd.",
    },
    jsonOption,
  ],
  run: (args, host) => {
    const config = readConfig(host.files);
    const commandLine = readCommandLine(host.files);
    const verification = readVerification(config.settings, commandLine, host.files, host.now());
    const given = args.values.get("--image");
    const chosen: ChosenImage =
      given === undefined
        ? chooseImage(config.settings.seal, verification, host)
        : { path: given, passedOver: undefined };
    const places = {
      ...{ image: chosen.path, passedOver: chosen.passedOver },
      target: findTarget(args, host.files),
    };
    if (args.flags.has("--print-image")) return printImage(chosen, verification, host);
    const status = readStatus(places.image, places.target, verification, host);
    const boot = readBoot(commandLine, host.reader.kernelRelease(), host.now(), host);
    const [now, next] = [judgeNow(status, places.target, boot), judgeNext(status, boot)];
    const facts = {
      ready: now.ready,
      now,
      nextBoot: { ...next, by: next.by ?? null, initrd: listInitrdFacts(boot) },
      init: {
        ...boot.init,
        version: boot.init.version ?? null,
        problem: boot.init.problem ?? null,
      },
      off: boot.off ?? null,
      ...listFacts(status, places),
      verification: listVerificationFacts(status, verification),
      configuration: listConfigFacts(status, config, commandLine),
      copies: listCopyWarnings(status, host),
    };
    host.print(args.flags.has("--json") ? formatJson(facts) : renderFacts(status, boot, facts));
    if (!now.ready) return 1;
    return next.ready ? 0 : 3;
  },
};

/**
 * An image that this machine would refuse is printed all the same: its signer may be trusted at
 * the next boot, and the loader judges it there. A damaged one never comes right.
 */
function printImage(
  { path }: ChosenImage,
  verification: Verification,
  host: Pick<Host, Given>,
): ExitCode {
  const read = readImage(path, verification, host);
  if (!read.ok) host.say(`exitrd: ${describeLoadFailure(read.problem)}`);
  if (!read.ok && read.problem.kind !== "unverified") return 1;
  host.print(`${path}\n`);
  return 0;
}

type Facts = ReturnType<typeof listFacts> & {
  readonly now: Verdict;
  readonly nextBoot: Verdict & {
    readonly by: "initrd" | "service" | null;
    readonly initrd: ReturnType<typeof listInitrdFacts>;
  };
  readonly verification: ReturnType<typeof listVerificationFacts>;
  readonly configuration: ReturnType<typeof listConfigFacts>;
  readonly copies: readonly string[];
};

/** Whether the host's configuration is the loaded one, and its problems. */
function listConfigFacts(
  { occupant }: LoadStatus,
  { settings, notes }: Config,
  commandLine: string,
) {
  const loaded = occupant.kind === "ours" ? occupant.configuration : undefined;
  const parameters = parseParameters(commandLine);
  return {
    same: loaded === stringifySettings(settings),
    warnings: [...notes.map(configLine), ...parameters.notes.map(parameterLine)],
  };
}

/** Who signed the image, and whether this machine accepts it. */
function listVerificationFacts({ image }: LoadStatus, verification: Verification) {
  const trust = image.kind === "good" ? image.trust : undefined;
  const signer = trust?.ok && trust.value.kind === "signed" ? trust.value.signer : undefined;
  return {
    policy: verification.policy,
    secureBoot: verification.secureBoot,
    anchors: verification.trust.anchors.length,
    floor: verification.floor,
    accepted: trust?.ok ?? null,
    state: trust?.ok ? trust.value.kind : null,
    signer: signer ?? null,
    problem: trust?.ok === false ? describeVerifyProblem(trust.problem) : null,
    warnings: listTrustNotes(verification),
  };
}

/** Files that the image has an older copy of, or that it lacks although build.conf lists them. */
function listCopyWarnings({ image }: LoadStatus, host: Pick<Host, Given>): readonly string[] {
  const conf = checkBuildConf(host.files);
  const wrong = conf.ok ? [] : [`${conf.problem}: no image can be built`];
  if (image.kind !== "good") return wrong;
  const isConfigured = hasBuildConf(host.files);
  const cure = isConfigured
    ? "run 'exitrd build --configured'"
    : "run 'exitrd build' with the same options as before";
  const wanted = conf.ok ? conf.value.entries : [];
  const files = new Set(image.manifest.entries.filter(isCopy).map(({ origin }) => origin.file));
  const absent = wanted.filter(({ file }) => !files.has(file));
  return [
    ...wrong,
    ...updateLines(image.updates, cure),
    ...absent.map(({ file }) => absentLine(file, buildConf, cure)),
  ];
}

/** The status as flat, named values, as printed by --json. */
function listFacts({ image, occupant, mount, pivots }: LoadStatus, places: Places) {
  const ours = occupant.kind === "ours" ? occupant : undefined;
  const sealed = ours?.sealed === true;
  const unswappable =
    sealed || mount?.fsType === "ramfs" || mount?.superOptions.includes("noswap") === true;
  return {
    image: {
      path: places.image,
      passedOver: places.passedOver === undefined ? null : describePassedOver(places.passedOver),
      state: image.kind,
      problem: image.kind === "bad" ? describeProblem(image.problem) : null,
      version: image.kind === "good" ? image.version : null,
      manifest: image.kind === "good" ? image.digest : null,
      updates: image.kind === "good" ? image.updates : [],
    },
    loaded: {
      path: places.target,
      state: ours !== undefined && !ours.intact ? "damaged" : occupant.kind,
      version: ours?.manifest.version ?? null,
      manifest: ours?.digest ?? null,
      same: image.kind === "good" && ours?.digest === image.digest && ours.sealed === image.sealed,
      options: mount === undefined ? [] : [mount.fsType, ...mount.options, ...mount.superOptions],
      unswappable,
      sealed,
      measurement: ours?.measurement ?? null,
    },
    extensions: {
      loaded: (ours?.extensions?.loaded ?? []).map(({ entries: _, ...extension }) => extension),
      refused: ours?.extensions?.refused ?? [],
    },
    pivots,
  };
}

/** What the initrd holds, and what its loader will say of that. */
function listInitrdFacts({ initrd }: BootStatus) {
  const read = initrd.kind === "holds" ? initrd.read : undefined;
  return {
    path: initrd.kind === "none" ? null : initrd.path,
    state: initrd.kind,
    image: initrd.kind === "holds" ? initrd.image : null,
    accepted: read?.ok ?? null,
    version: read?.ok ? read.value.image.manifest.version : null,
    problem: read?.ok === false ? describeLoadFailure(read.problem) : null,
    reason: initrd.kind === "unknown" ? initrd.reason : null,
    stale: initrd.kind === "holds" ? initrd.stale : [],
  };
}

function renderFacts({ image, occupant }: LoadStatus, boot: BootStatus, facts: Facts): string {
  return [
    `shutdown: ${sayVerdict(facts)}`,
    `next:     ${sayNext(boot, facts)}`,
    `init:     ${describeInit(boot.init)}`,
    `image:    ${facts.image.path}: ${sayImage(image, facts)}`,
    `loaded:   ${facts.loaded.path}: ${sayLoaded(occupant, facts)}`,
    ...(image.kind === "good" ? [`signed:   ${saySigned(image.trust, facts)}`] : []),
    ...(occupant.kind === "ours" ? [`memory:   ${sayMemory(facts)}`] : []),
    ...(occupant.kind === "ours" ? [`tpm:      ${sayMeasured(facts)}`] : []),
    ...(occupant.kind === "ours" ? [`config:   ${sayConfig(facts)}`] : []),
    ...facts.extensions.loaded.map((extension) => `with:     ${extensionLine(extension)}`),
    ...facts.extensions.refused.map(({ path, reason }) => `without:  ${quote(path)}: ${reason}`),
    ...(facts.image.passedOver === null ? [] : [`warning:  ${facts.image.passedOver}`]),
    ...[...facts.configuration.warnings, ...facts.verification.warnings, ...facts.copies].map(
      (line) => `warning:  ${line}`,
    ),
    ...listInitrdWarnings(boot, facts).map((line) => `warning:  ${line}`),
    "",
  ].join("\n");
}

function sayImage(image: LoadStatus["image"], facts: Facts): string {
  switch (image.kind) {
    case "unreadable":
      return "unreadable: reinstall the package or run 'exitrd build'";
    case "bad":
      return `bad: ${facts.image.problem}: reinstall the package or run 'exitrd build'`;
    case "good":
      return `good, version ${image.version}`;
  }
}

function saySigned(
  trust: Extract<LoadStatus["image"], { kind: "good" }>["trust"],
  { verification: { policy, problem } }: Facts,
): string {
  if (!trust.ok) return `rejected: ${problem} (Verify=${policy})`;
  return `${sayTrustInFull(trust.value)} (Verify=${policy})`;
}

function sayLoaded(occupant: LoadStatus["occupant"], facts: Facts): string {
  switch (occupant.kind) {
    case "nothing":
      return "nothing: run 'exitrd load'";
    case "not-directory":
      return "not a directory: remove it and run 'exitrd load'";
    case "foreign":
      return occupant.hasShutdown
        ? "another program's exitrd: remove that program, or run 'exitrd load --force'"
        : "not an exitrd: run 'exitrd load'";
    case "ours": {
      if (!occupant.intact) return "damaged: run 'exitrd load'";
      const same = facts.loaded.same
        ? "same as the image"
        : "differs from the image: run 'exitrd load'";
      return `version ${occupant.manifest.version}, intact, ${same}`;
    }
  }
}

function sayMemory({ loaded }: Facts): string {
  const swap = loaded.unswappable ? "never swapped" : "may be swapped";
  const type = `${loaded.options[0] ?? "not mounted"}${loaded.sealed ? " under dm-verity" : ""}`;
  return `${type}, ${swap}, ${loaded.options.slice(1).join(",")}`;
}

function sayMeasured({ loaded }: Facts): string {
  return loaded.measurement === null ? "unknown" : describeMeasurement(loaded.measurement);
}

function sayConfig({ configuration }: Facts): string {
  return configuration.same ? "loaded" : "changed since it was loaded: run 'exitrd load'";
}

function sayVerdict({ now, nextBoot }: Facts): string {
  if (!now.ready) return `not through exitrd: ${now.reasons[0]}`;
  if (nextBoot.ready) return "through exitrd, now and after a reboot";
  return `through exitrd, but not after a reboot: ${nextBoot.reasons[0]}`;
}

function sayNext({ initrd }: BootStatus, { nextBoot, image }: Facts): string {
  switch (nextBoot.by) {
    case "initrd":
      return initrd.kind === "holds" ? `${quote(initrd.path)} loads ${quote(initrd.image)}` : "";
    case "service":
      return `exitrd-load.service loads ${quote(image.path)}`;
    case null:
      return `nothing is loaded: ${nextBoot.reasons.join("; ")}`;
  }
}

function listInitrdWarnings({ initrd }: BootStatus, { image }: Facts): readonly string[] {
  switch (initrd.kind) {
    case "none":
    case "without":
      return [];
    case "unknown":
      return [`cannot look into ${quote(initrd.path)}: ${initrd.reason}, ignoring`];
    case "holds": {
      const place = quote(initrd.path);
      const cure = "run 'update-initramfs -u'";
      const stale = initrd.stale.map(
        (path) => `${quote(path)} in ${place} is not the one of this machine: ${cure}`,
      );
      return initrd.image === image.path
        ? stale
        : [`${quote(image.path)} is not the image in ${place}: ${cure}`, ...stale];
    }
  }
}
