import type { ExtensionRecord } from "../image/extension/record.ts";
import { extensionLine } from "../image/report/extension-line.ts";
import { describeMeasurement } from "../image/tpm/describe-measurement.ts";
import { choosePcrs } from "../image/tpm/measurement.ts";
import { chooseImage } from "../load/choose-image.ts";
import { describePassedOver } from "../load/describe-passed-over.ts";
import { makeExtensionPolicy } from "../load/extension-policy.ts";
import { describeLoadFailure } from "../load/load-failure.ts";
import { loadImage } from "../load/load-image.ts";
import { readConfig } from "../load/read-config.ts";
import { describeSwitch, readSwitch } from "../load/read-switch.ts";
import { readCommandLine, readVerification, type Verification } from "../load/read-verification.ts";
import { configLine, parameterLine } from "../teardown/report/config-lines.ts";
import { parseParameters } from "../teardown/settings/parse-parameters.ts";
import { stringifySettings } from "../teardown/settings/stringify-settings.ts";
import type { Settings } from "../teardown/settings/values.ts";
import { quote } from "../text/show-bytes.ts";
import { type Command, defaultTarget, type Host } from "./command.ts";
import { findTarget } from "./find-target.ts";
import { listTrustNotes, sayTrust } from "./trust-lines.ts";

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
  run: (args, host) => {
    const { settings, notes } = readConfig(host.files);
    const target = findTarget(args, host.files);
    for (const note of notes) host.say(`exitrd: ${configLine(note)}`);
    const force = args.flags.has("--force");
    const configuration = stringifySettings(settings);
    const commandLine = readCommandLine(host.files);
    for (const note of parseParameters(commandLine).notes) {
      host.say(`exitrd: ${parameterLine(note)}`);
    }
    const off = readSwitch(commandLine, host.files);
    // Whoever masks the unit may still load by hand; the parameter is for one whole boot.
    if (off === "parameter" && !force) {
      host.say(`exitrd: loaded nothing: ${describeSwitch(off)}`);
      return 0;
    }
    const verification = readVerification(settings, commandLine, host.files, host.now());
    for (const line of listTrustNotes(verification)) host.say(`exitrd: ${line}`);
    const image = args.values.get("--image") ?? findImage(settings, verification, host);
    const extensions = makeExtensionPolicy(verification, host.arithmetic);
    const { measure = "prefer", seal = "no" } = settings;
    const trusting = { verification, extensions, measure, seal, pcrs: choosePcrs(settings) };
    const request = { image, target, force, configuration, ...trusting };
    const { trees, codec, arithmetic, extensionTrees, tpm, eventLog, machine } = host;
    const loading = { trees, codec, arithmetic, extensionTrees, tpm, eventLog, machine };
    const result = loadImage(request, { files: host.writableFiles, ...loading });
    if (result.kind !== "failed") sayExtensions(result.extensions, host);
    switch (result.kind) {
      case "failed":
        host.say(`exitrd: ${describeLoadFailure(result.failure)}`);
        // A tree in RAM that is mounted nowhere is reached through /proc/self/fd.
        if (result.failure.kind === "system" && host.files.status("/proc/self") === undefined) {
          host.say("exitrd: cannot load without /proc: mount it");
        }
        return 1;
      case "already":
        host.say(`exitrd: ${quote(image)} is already loaded into ${quote(target)}`);
        return 0;
      case "loaded":
        host.say(
          `exitrd: loaded ${quote(image)} into ${quote(target)} (${sayTree(result)}, version ${result.manifest.version}, ${sayTrust(result.trust)}; ${describeMeasurement(result.measurement)})`,
        );
        return 0;
    }
  },
};

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

/** Problems with extensions do not prevent the image from being loaded. */
function sayExtensions(record: ExtensionRecord | undefined, host: Pick<Host, "say">): void {
  for (const extension of record?.loaded ?? []) {
    host.say(`exitrd: loaded ${extensionLine(extension)}`);
  }
  for (const { path, reason } of record?.refused ?? []) {
    host.say(`exitrd: cannot load extension ${quote(path)}: ${reason}, ignoring`);
  }
}
