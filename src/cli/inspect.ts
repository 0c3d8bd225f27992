import { describeProblem } from "../image/describe-problem.ts";
import type { ExtensionIdentity } from "../image/extension/extension.ts";
import { readImageVersion } from "../image/image-version.ts";
import { isManifestFile, largestImage, type ManifestEntry } from "../image/manifest.ts";
import { nameOfExtension } from "../image/report/extension-line.ts";
import { type CheckedImage, checkImage } from "../load/check-image.ts";
import { describeVerifyProblem } from "../load/describe-verify-problem.ts";
import { isCopy } from "../load/find-updates.ts";
import { readVerification } from "../load/read-verification.ts";
import { verifyImage } from "../load/verify-image.ts";
import { quote, showBytes } from "../text/show-bytes.ts";
import { type Command, type ExitCode, type Host, jsonOption } from "./command.ts";
import { formatJson } from "./format.ts";
import { sayTrustInFull } from "./trust-lines.ts";

/** The parts of the host that the command gets. */
type Given = "files" | "codec" | "arithmetic" | "now" | "print" | "say";

export const inspectCommand: Command<Given> = {
  name: "inspect",
  summary: "Check an image as load does, and list its contents.",
  operand: "IMAGE",
  options: [jsonOption],
  run: (args, host) => {
    const path = args.operand;
    if (path === undefined) throw new Error("inspect without its operand");
    const image = host.files.readInput(path, largestImage);
    // An image for another architecture is not bad.
    const checked = checkImage(image, undefined, host.codec);
    if (!checked.ok) return refuse(path, describeProblem(checked.problem), host);
    const { manifest, unpackedSize, entries } = checked.value;
    const facts: Facts = {
      size: image.length,
      sha256: host.codec.sha256(image),
      unpackedSize,
      imageVersion: readImageVersion(entries),
      signature: describeSignature(path, image, host),
    };
    host.print(
      args.flags.has("--json")
        ? formatJson({ ...facts, ...manifest })
        : renderImage(checked.value, facts),
    );
    return 0;
  },
};

function refuse(path: string, reason: string, host: Pick<Host, Given>): ExitCode {
  host.say(
    `exitrd: cannot inspect ${quote(path)}: ${reason}: reinstall the package or run 'exitrd build'`,
  );
  return 1;
}

interface Facts {
  readonly size: number;
  readonly sha256: string;
  readonly unpackedSize: number;
  readonly imageVersion: number;
  /** In words. */
  readonly signature: string;
}

/** Describes the image's signature, independent of this machine's Verify=. */
function describeSignature(path: string, image: Uint8Array, host: Pick<Host, Given>): string {
  const verification = {
    ...readVerification({}, "", host.files, host.now()),
    policy: "prefer",
  } as const;
  const trust = verifyImage(path, image, verification, host);
  return trust.ok ? sayTrustInFull(trust.value) : describeVerifyProblem(trust.problem);
}

function renderImage(image: CheckedImage, facts: Facts): string {
  const { version, architecture, extensions, entries } = image.manifest;
  return [
    `exitrd ${version} for ${architecture}, IMAGE_VERSION ${facts.imageVersion}`,
    `${facts.size} bytes, ${facts.unpackedSize} unpacked`,
    `sha256 ${facts.sha256}`,
    facts.signature,
    ...listOrigins(entries),
    ...extensions.map(renderExtension),
    "",
    ...entries.map(renderEntry),
    "",
  ].join("\n");
}

/** The packages that files were copied from, or the files that belong to no package. */
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

/** Shows the first 16 digits of the digest, enough to compare by eye; --json has all of it. */
function renderEntry(entry: ManifestEntry): string {
  const { path, mode } = entry;
  if (!isManifestFile(entry)) return `${mode} ${"-".padStart(9)} ${"-".padEnd(16)} ${path}/`;
  return `${mode} ${String(entry.size).padStart(9)} ${entry.sha256.slice(0, 16)} ${path}`;
}
