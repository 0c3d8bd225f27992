import { describeExtensionProblem } from "../extension/describe-extension-problem.ts";
import type { ExtensionProblem } from "../extension/extension-problem.ts";
import { type ExtensionPorts, readExtension } from "../extension/read-extension.ts";
import type { CpioEntry } from "../image/cpio-entry.ts";
import { combineExtensions } from "../image/extension/combine.ts";
import { releasePathOf } from "../image/extension/extension.ts";
import { type ExtensionHost, matchRelease } from "../image/extension/match-release.ts";
import {
  type AcceptedExtension,
  describeLoaded,
  type ExtensionRecord,
  type RefusedExtension,
} from "../image/extension/record.ts";
import type { FileReader } from "../port/loader.ts";
import { toByteString } from "../text/bytes.ts";
import { releasePath } from "../text/tree-paths.ts";
import type { ExtensionPolicy } from "./extension-policy.ts";
import { fitExtensions } from "./extension-room.ts";
import { type FoundExtension, listExtensions } from "./list-extensions.ts";

/** The files that extensions add to a tree, and the record about them. */
export interface ExtensionParts {
  readonly entries: readonly CpioEntry[];
  /** Undefined without extensions: the tree consists of the image only. */
  readonly record: ExtensionRecord | undefined;
}

/**
 * Reads this machine's extensions for an image with the entries `image`; `stub` are those of the
 * loaded tree that came from the ESP, which those of this machine displace. A bad extension is noted in
 * the record; the image and the other extensions are loaded.
 */
export function loadExtensions(
  image: readonly CpioEntry[],
  stub: readonly AcceptedExtension[],
  machine: string,
  policy: ExtensionPolicy,
  ports: ExtensionPorts,
): ExtensionParts {
  const { found, left, names } = listExtensions(ports.files);
  const kept = stub.filter(({ extension }) => !names.has(extension.name));
  if (found.length + kept.length === 0) return { entries: [], record: undefined };
  const host: ExtensionHost = { release: readRelease(image), machine };
  const read = [
    ...found.map((extension) => readOne(extension, host, policy, ports)),
    ...kept.map((extension) => matchAgain(extension, host)),
  ];
  const accepted = read
    .filter((one) => "extension" in one)
    .sort((a, b) => (a.extension.name < b.extension.name ? -1 : 1));
  const refused = read.filter((one): one is RefusedExtension => "reason" in one);
  refused.push(...refuseLeft(left));
  const { fitting, excess } = fitExtensions(accepted);
  for (const { path } of excess) refused.push(refuse(path, { kind: "no-room" }));
  const combined = combineExtensions(image, fitting, machine);
  const loaded = combined.accepted.map(({ item, entries }) =>
    describeLoaded(item, entries, ports.codec.sha256),
  );
  for (const { item, problem } of combined.refused) refused.push(refuse(item.path, problem));
  return {
    entries: combined.accepted.flatMap(({ entries }) => entries),
    record: { format: 1, loaded, refused },
  };
}

/** Nothing can be added to a sealed tree: all extensions of this machine are rejected. */
export function refuseExtensions(files: FileReader): ExtensionParts {
  const reason =
    "nothing can be added to a sealed image: build it in with 'exitrd build --sysext', and seal that";
  const { found, left } = listExtensions(files);
  const refused = [...found.map(({ path }) => ({ path, reason })), ...refuseLeft(left)];
  return { entries: [], record: { format: 1, loaded: [], refused } };
}

/** A single entry represents all of them, since there may be thousands. */
function refuseLeft(left: readonly FoundExtension[]): readonly RefusedExtension[] {
  const [first] = left;
  return first === undefined
    ? []
    : [refuse(first.path, { kind: "not-looked-at", count: left.length })];
}

/** The image may have changed since the extension was read. */
function matchAgain(
  kept: AcceptedExtension,
  host: ExtensionHost,
): AcceptedExtension | RefusedExtension {
  const { name, class: extensionClass, entries } = kept.extension;
  const path = releasePathOf(extensionClass, name);
  const release = entries.find((entry) => entry.path === path);
  const text = release?.kind === "file" ? toByteString(release.data) : "";
  const version = matchRelease(text, extensionClass, host);
  return version.ok ? kept : refuse(kept.path, version.problem);
}

function readOne(
  { path, isFromStub }: FoundExtension,
  host: ExtensionHost,
  { verify, takesUnsigned }: ExtensionPolicy,
  ports: ExtensionPorts,
): AcceptedExtension | RefusedExtension {
  const isTaken = takesUnsigned && !isFromStub;
  try {
    const read = readExtension(path, host, isTaken ? undefined : verify, ports);
    return read.ok ? { path, ...read.value } : refuse(path, read.problem);
  } catch (thrown) {
    // Not only failed system calls, but also running out of memory: the file may be an
    // attacker's and must not prevent anything else from being loaded.
    if (!(thrown instanceof Error)) throw thrown;
    return refuse(path, { kind: "failed", reason: thrown.message });
  }
}

function refuse(path: string, problem: ExtensionProblem): RefusedExtension {
  return { path, reason: describeExtensionProblem(problem) };
}

function readRelease(entries: readonly CpioEntry[]): string {
  const release = entries.find((entry) => entry.path === releasePath);
  return release?.kind === "file" ? toByteString(release.data) : "";
}
