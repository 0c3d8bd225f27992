import type { ExtensionIdentity } from "../core/extension/extension.ts";
import { describeProblem } from "../core/image/describe-problem.ts";
import { isManifestFile, largestImage, type ManifestEntry } from "../core/image/manifest.ts";
import { nameOfExtension } from "../core/report/extension-line.ts";
import { showBytes } from "../core/text/show-bytes.ts";
import { type CheckedImage, checkImage } from "../load/check-image.ts";
import { isCopy } from "../load/find-updates.ts";
import { type Command, type ExitCode, type Host, jsonOption } from "./command.ts";
import { formatJson } from "./format.ts";

export const inspectCommand: Command = {
  name: "inspect",
  summary: "Check an image as load does, and list what is in it.",
  operand: "IMAGE",
  options: [jsonOption],
  run: (args, host) => {
    const path = args.operand;
    if (path === undefined) throw new Error("inspect without its operand");
    const image = host.files.readBytes(path, largestImage);
    // An image for another machine is no bad image.
    const checked = checkImage(image, undefined, host.codec);
    if (!checked.ok) return refuse(path, describeProblem(checked.problem), host);
    const digest = host.codec.sha256(image);
    if (args.flags.has("--json")) {
      const { manifest, unpackedSize } = checked.value;
      host.print(formatJson({ size: image.length, sha256: digest, unpackedSize, ...manifest }));
    } else {
      host.print(renderImage(checked.value, image.length, digest));
    }
    return 0;
  },
};

function refuse(path: string, reason: string, host: Host): ExitCode {
  host.say(`exitrd: bad image '${path}': ${reason}: reinstall the package or run 'exitrd build'`);
  return 1;
}

function renderImage(image: CheckedImage, size: number, digest: string): string {
  const { version, architecture, extensions, entries } = image.manifest;
  return [
    `exitrd ${version} for ${architecture}`,
    `${size} bytes, ${image.unpackedSize} unpacked`,
    `sha256 ${digest}`,
    ...listOrigins(entries),
    ...extensions.map(renderExtension),
    "",
    ...entries.map(renderEntry),
    "",
  ].join("\n");
}

/** Each package that files were copied from, or the file where there is none. */
function listOrigins(entries: readonly ManifestEntry[]): readonly string[] {
  const names = entries.filter(isCopy).map(({ origin }) => {
    return origin.package === undefined
      ? origin.file
      : `${origin.package} ${origin.version ?? "-"}`;
  });
  return [...new Set(names)].sort().map((name) => `copied from ${showBytes(name)}`);
}

function renderExtension(extension: ExtensionIdentity): string {
  return `${nameOfExtension(extension)}, sha256 ${extension.sha256}`;
}

/** The digest's first 16 digits: enough to compare by eye; all of it with --json. */
function renderEntry(entry: ManifestEntry): string {
  const { path, mode } = entry;
  if (!isManifestFile(entry)) return `${mode} ${"-".padStart(9)} ${"-".padEnd(16)} ${path}/`;
  return `${mode} ${String(entry.size).padStart(9)} ${entry.sha256.slice(0, 16)} ${path}`;
}
