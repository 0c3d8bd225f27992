import { describeProblem } from "../image/describe-problem.ts";
import type { ExtensionIdentity } from "../image/extension/extension.ts";
import { readImageVersion } from "../image/image-version.ts";
import {
  isManifestFile,
  isManifestLink,
  largestImage,
  type ManifestEntry,
} from "../image/manifest.ts";
import { nameOfExtension } from "../image/report/extension-line.ts";
import { type CheckedImage, checkImage } from "../load/check-image.ts";
import { describeVerifyProblem } from "../load/describe-verify-problem.ts";
import { isCopy } from "../load/find-updates.ts";
import { readVerification } from "../load/read-verification.ts";
import { verifyImage } from "../load/verify-image.ts";
import { quote, showBytes } from "../text/show-bytes.ts";
import { manifestPath } from "../text/tree-paths.ts";
import type { Command, Host } from "./command.ts";
import { type Answer, answer, fail } from "./envelope/answer.ts";
import { listOrigin } from "./shared-facts.ts";
import { sayTrustInFull } from "./trust-lines.ts";

/** The parts of the host that this command uses. */
type Given = "files" | "codec" | "arithmetic" | "now";

export const inspectCommand: Command<Given> = {
  name: "inspect",
  summary: "Check an image as load does, and list its contents.",
  operand: "IMAGE",
  options: [],
  examples: [{ line: "exitrd inspect /usr/lib/exitrd/exitrd.img", words: "What is in the image?" }],
  run: (args, host) => {
    const path = args.operand;
    if (path === undefined) throw new Error("inspect without its operand");
    const image = host.files.readInput(path, largestImage);
    // An image for another architecture is not an error here.
    const checked = checkImage(image, undefined, host.codec);
    if (!checked.ok) return refuse(path, describeProblem(checked.problem));
    const { unpackedSize, entries } = checked.value;
    const facts: Facts = {
      path,
      sizeBytes: image.length,
      unpackedSizeBytes: unpackedSize,
      sha256: host.codec.sha256(image),
      manifestSha256: digestManifest(checked.value, host),
      imageVersion: readImageVersion(entries),
      signature: describeSignature(path, image, host),
    };
    const contents = listContents(checked.value);
    return answer({ ...facts, ...contents }, () => renderImage(checked.value, facts));
  },
};

function refuse(path: string, reason: string): Answer {
  return fail(
    "bad-image",
    `cannot inspect ${quote(path)}: ${reason}: reinstall the package or run 'exitrd build'`,
  );
}

interface Facts {
  readonly path: string;
  readonly sizeBytes: number;
  readonly unpackedSizeBytes: number;
  readonly sha256: string;
  /** This digest identifies an image in 'exitrd status'. */
  readonly manifestSha256: string;
  readonly imageVersion: number;
  readonly signature: { readonly kind: string; readonly message: string };
}

function digestManifest({ entries }: CheckedImage, { codec }: Pick<Host, Given>): string {
  const text = entries.find((entry) => entry.path === manifestPath);
  if (text?.kind !== "file") throw new Error("a checked image has no manifest");
  return codec.sha256(text.data);
}

function listContents({ manifest }: CheckedImage) {
  const { version, architecture, extensions, entries } = manifest;
  return {
    ...{ version, architecture, extensions },
    entries: entries.map((entry) => {
      const { path, mode } = entry;
      const common = { path, mode, sizeBytes: null, sha256: null, origin: null, target: null };
      if (isManifestLink(entry)) return { ...common, type: "link", target: entry.target };
      if (!isManifestFile(entry)) return { ...common, type: "directory" };
      const { size, sha256, origin } = entry;
      const copied = origin === undefined ? null : listOrigin(origin);
      return { ...common, type: "file", sizeBytes: size, sha256, origin: copied };
    }),
  };
}

/** Describes the image's signature, independent of this machine's Verify=. */
function describeSignature(
  path: string,
  image: Uint8Array,
  host: Pick<Host, Given>,
): Facts["signature"] {
  const verification = {
    ...readVerification({}, "", host.files, host.now()),
    policy: "prefer",
  } as const;
  const trust = verifyImage(path, image, verification, host);
  return trust.ok
    ? { kind: trust.value.kind, message: sayTrustInFull(trust.value) }
    : { kind: trust.problem.kind, message: describeVerifyProblem(trust.problem) };
}

function renderImage(image: CheckedImage, facts: Facts): string {
  const { version, architecture, extensions, entries } = image.manifest;
  return [
    `exitrd ${showBytes(version)} for ${showBytes(architecture)}, IMAGE_VERSION ${facts.imageVersion}`,
    `${facts.sizeBytes} bytes, ${facts.unpackedSizeBytes} unpacked`,
    `sha256 ${facts.sha256}`,
    facts.signature.message,
    ...listOrigins(entries),
    ...extensions.map(renderExtension),
    "",
    ...entries.map(renderEntry),
    "",
  ].join("\n");
}

/** Names the packages that files were copied from, and files that belong to no package. */
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
  const { mode } = entry;
  const path = showBytes(entry.path);
  const blank = `${mode} ${"-".padStart(9)} ${"-".padEnd(16)}`;
  if (isManifestLink(entry)) return `${blank} ${path} -> ${showBytes(entry.target)}`;
  if (!isManifestFile(entry)) return `${blank} ${path}/`;
  return `${mode} ${String(entry.size).padStart(9)} ${entry.sha256.slice(0, 16)} ${path}`;
}
