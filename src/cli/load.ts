import type { ExtensionRecord } from "../image/extension/record.ts";
import { extensionLine } from "../image/report/extension-line.ts";
import { describeMeasurement } from "../image/tpm/describe-measurement.ts";
import { choosePcrs } from "../image/tpm/measurement.ts";
import { chooseImage } from "../load/choose-image.ts";
import { describePassedOver } from "../load/describe-passed-over.ts";
import { makeExtensionPolicy } from "../load/extension-policy.ts";
import { describeLoadFailure, type LoadFailure } from "../load/load-failure.ts";
import { loadImage } from "../load/load-image.ts";
import { markEarly } from "../load/mark-early.ts";
import { readConfig } from "../load/read-config.ts";
import { describeSwitch, readSwitch } from "../load/read-switch.ts";
import { readCommandLine, readVerification, type Verification } from "../load/read-verification.ts";
import { configLine, parameterLine } from "../teardown/report/config-lines.ts";
import { unknownParameterLines } from "../teardown/report/unknown-parameter-lines.ts";
import { parseParameters } from "../teardown/settings/parse-parameters.ts";
import { stringifySettings } from "../teardown/settings/stringify-settings.ts";
import type { Settings } from "../teardown/settings/values.ts";
import { quote } from "../text/show-bytes.ts";
import { listCautions } from "./caution-lines.ts";
import { type Command, defaultTarget, type Host } from "./command.ts";
import { type Answer, answer, fail } from "./envelope/answer.ts";
import { findTarget } from "./find-target.ts";
import { listMeasurement } from "./shared-facts.ts";
import { listTrustNotes, sayTrust } from "./trust-lines.ts";

/** Fields that are known only of a tree that was loaded by this call. */
const nothingNew = { image: null, version: null, fsType: null, measurement: null };

export const loadCommand: Command<
  | "files"
  | "writableFiles"
  | "trees"
  | "codec"
  | "arithmetic"
  | "extensionTrees"
  | "tpm"
  | "eventLog"
  | "machine"
  | "now"
  | "say"
> = {
  name: "load",
  summary: "Load an image into RAM, where the init system finds it at shutdown.",
  options: [
    {
      name: "--image",
      value: "FILE",
      help: "Load FILE instead of this machine's image or the package's.",
    },
    { name: "--target", value: "DIR", help: `Load into DIR instead of ${defaultTarget}.` },
    { name: "--force", help: "Mount over another program's exitrd, or in spite of exitrd=off." },
  ],
  examples: [
    {
      line: "exitrd load",
      words: "Load this machine's image; repeat it after a change of exitrd.conf(5).",
    },
  ],
  run: (args, host) => {
    const config = readConfig(host.files);
    const { settings, notes } = config;
    const target = findTarget(args, host.files);
    for (const note of notes) host.say(`exitrd: ${configLine(note)}`);
    for (const line of listCautions(config)) host.say(`exitrd: ${line}`);
    const force = args.flags.has("--force");
    const configuration = stringifySettings(settings);
    const commandLine = readCommandLine(host.files);
    const parameters = parseParameters(commandLine);
    for (const note of parameters.notes) host.say(`exitrd: ${parameterLine(note)}`);
    for (const line of unknownParameterLines(commandLine)) host.say(`exitrd: ${line}`);
    const off = readSwitch(commandLine, host.files);
    // A masked unit does not prevent loading by hand; the parameter is meant for the whole boot.
    if (off === "parameter" && !force) {
      host.say(`exitrd: loaded nothing: ${describeSwitch(off)}`);
      return answer({ ...nothingNew, outcome: "off", target });
    }
    const named = args.values.get("--image");
    const now = host.now();
    const verification = readVerification(settings, commandLine, host.files, now, "here", named);
    for (const line of listTrustNotes(verification)) host.say(`exitrd: ${line}`);
    const image = named ?? findImage(settings, verification, host);
    const extensions = makeExtensionPolicy(verification, host.arithmetic);
    const { measure = "prefer", seal = "no" } = settings;
    const trusting = { verification, extensions, measure, seal, pcrs: choosePcrs(settings) };
    const request = { image, target, force, configuration, ...trusting };
    const { trees, codec, arithmetic, extensionTrees, tpm, eventLog, machine } = host;
    const loading = { trees, codec, arithmetic, extensionTrees, tpm, eventLog, machine };
    const result = loadImage(request, { files: host.writableFiles, ...loading });
    if (result.kind !== "failed") sayExtensions(result.extensions, host);
    if (result.kind !== "failed" && target === defaultTarget) {
      markEarly({ ...settings, ...parameters.settings }, host.writableFiles);
    }
    switch (result.kind) {
      case "failed":
        return refuseLoading(result.failure, host);
      case "already":
        host.say(`exitrd: ${quote(image)} is already loaded into ${quote(target)}`);
        return answer({ ...nothingNew, outcome: "unchanged", image, target });
      case "loaded":
        host.say(
          `exitrd: loaded ${quote(image)} into ${quote(target)} (${sayTree(result)}, version ${result.manifest.version}, ${sayTrust(result.trust)}; ${describeMeasurement(result.measurement)})`,
        );
        return answer({
          ...{ outcome: "loaded", image, target, version: result.manifest.version },
          ...{ fsType: result.fsType, measurement: listMeasurement(result.measurement) },
        });
    }
  },
};

function refuseLoading(failure: LoadFailure, { files }: Pick<Host, "files">): Answer {
  const errno = "error" in failure ? failure.error.code : undefined;
  // Without /proc, the RAM tree cannot be filled before it is mounted: it is reached through
  // /proc/self/fd.
  if (failure.kind === "system" && files.status("/proc/self") === undefined) {
    return fail("no-proc", "cannot load without /proc: mount it", errno);
  }
  return fail(failure.kind, describeLoadFailure(failure), errno);
}

function findImage(
  { seal }: Settings,
  verification: Verification,
  host: Pick<Host, "files" | "codec" | "arithmetic" | "machine" | "say">,
): string {
  const { path, passedOver } = chooseImage(seal, verification, host);
  if (passedOver !== undefined) host.say(`exitrd: ${describePassedOver(passedOver)}, ignoring`);
  return path;
}

type Loaded = Extract<ReturnType<typeof loadImage>, { readonly kind: "loaded" }>;

/** "tmpfs", or "erofs under dm-verity, root hash also verified by the kernel". */
function sayTree({ fsType, sealedBy }: Loaded): string {
  if (sealedBy === undefined) return fsType;
  const who = sealedBy === "kernel" ? ", root hash also verified by the kernel" : "";
  return `${fsType} under dm-verity${who}`;
}

/** A problem with an extension does not prevent the image from being loaded. */
function sayExtensions(record: ExtensionRecord | undefined, host: Pick<Host, "say">): void {
  for (const extension of record?.loaded ?? []) {
    host.say(`exitrd: loaded ${extensionLine(extension)}`);
  }
  for (const { path, reason } of record?.refused ?? []) {
    host.say(`exitrd: cannot load extension ${quote(path)}: ${reason}, ignoring`);
  }
}
