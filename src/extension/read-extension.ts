import {
  type ClaimedFileSystem,
  findFileSystem,
  proveFileSystem,
} from "../image/disk-image/find-file-system.ts";
import { type Extension, nameExtension } from "../image/extension/extension.ts";
import type { ExtensionHost } from "../image/extension/match-release.ts";
import { describeEntry, largestImage } from "../image/manifest.ts";
import type { Codec, ExtensionTree, ExtensionTrees, FileReader } from "../port/loader.ts";
import { trySys } from "../port/sys-error.ts";
import { toBytes } from "../text/bytes.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import type { ExtensionProblem } from "./extension-problem.ts";
import { readTree, type TreeContents } from "./read-tree.ts";

export interface ExtensionPorts {
  readonly files: FileReader;
  readonly extensionTrees: ExtensionTrees;
  readonly codec: Codec;
}

/** Checks a detached signature; returns the signer, or why the signature is rejected, as text. */
export type VerifySignature = (
  content: Uint8Array,
  signature: Uint8Array,
) => Checked<string, string>;

export interface ReadExtension {
  readonly extension: Extension;
  /** Empty if no signature is required. */
  readonly signer: string;
}

type Read<T> = Checked<T, ExtensionProblem>;

const largestSignature = 1024 * 1024;

/**
 * Reads the extension at `path`: a directory, a file system, or a disk image with one. With
 * `verify` it must be signed, and exactly the verified bytes are mounted.
 */
export function readExtension(
  path: string,
  host: ExtensionHost,
  verify: VerifySignature | undefined,
  ports: ExtensionPorts,
): Read<ReadExtension> {
  const name = nameExtension(path);
  if (name === undefined) return refuse({ kind: "bad-name" });
  const status = trySys(() => ports.files.status(path));
  if (!status.ok) return refuse({ kind: "unreadable", error: status.problem });
  if (status.value?.kind === "directory") {
    return verify === undefined
      ? readDirectory(path, name, host, ports)
      : refuse({ kind: "unsigned-directory" });
  }
  return readFile(path, name, host, verify, ports);
}

function readDirectory(
  path: string,
  name: string,
  host: ExtensionHost,
  { extensionTrees, codec }: ExtensionPorts,
): Read<ReadExtension> {
  const tree = trySys(() => extensionTrees.openDirectory(path));
  if (!tree.ok) return refuse({ kind: "unreadable", error: tree.problem });
  const contents = readAndClose(tree.value, "", name, host);
  if (!contents.ok) return contents;
  const list = contents.value.entries.map((entry) => describeEntry(entry, codec.sha256));
  const sha256 = codec.sha256(toBytes(JSON.stringify(list)));
  return accept({ extension: { name, sha256, ...contents.value }, signer: "" });
}

function readFile(
  path: string,
  name: string,
  host: ExtensionHost,
  verify: VerifySignature | undefined,
  { files, extensionTrees, codec }: ExtensionPorts,
): Read<ReadExtension> {
  const bytes = trySys(() => files.readBytes(path, largestImage));
  if (!bytes.ok) return refuse({ kind: "unreadable", error: bytes.problem });
  const claimed = findFileSystem(bytes.value, host.machine);
  if (!claimed.ok) return claimed;
  const signer = verify && findSigner(path, bytes.value, claimed.value, verify, files);
  if (signer?.ok === false) return signer;
  // Not earlier: hashing an untrusted image could take a second.
  const found = proveFileSystem(claimed.value, codec.sha256);
  if (!found.ok) return found;
  const { type, data, prefix } = found.value;
  const tree = trySys(() => extensionTrees.openFileSystem(type, data));
  if (!tree.ok) return refuse({ kind: "unmountable", type, error: tree.problem });
  const contents = readAndClose(tree.value, prefix, name, host);
  if (!contents.ok) return contents;
  const sha256 = codec.sha256(bytes.value);
  return accept({
    extension: { name, sha256, ...contents.value },
    signer: signer?.value ?? "",
  });
}

/** Verifies the signature of the claimed root hash, or a detached one of the whole file. */
function findSigner(
  path: string,
  file: Uint8Array,
  { claim }: ClaimedFileSystem,
  verify: VerifySignature,
  files: FileReader,
): Read<string> {
  if (claim !== undefined) {
    const { rootHash, signature } = claim.signature;
    return tellSigner(verify(toBytes(rootHash), signature));
  }
  const beside = `${path}.p7s`;
  const signature = trySys(() => files.readBytes(beside, largestSignature));
  if (!signature.ok) {
    const { problem } = signature;
    return problem.code === "ENOENT"
      ? refuse({ kind: "unsigned", signature: beside })
      : refuse({ kind: "unreadable", error: problem });
  }
  return tellSigner(verify(file, signature.value));
}

function tellSigner(signer: Checked<string, string>): Read<string> {
  return signer.ok ? signer : refuse({ kind: "bad-signature", reason: signer.problem });
}

function readAndClose(
  tree: ExtensionTree,
  prefix: "" | "usr/",
  name: string,
  host: ExtensionHost,
): Read<TreeContents> {
  try {
    const contents = trySys(() => readTree(tree, prefix, name, host));
    return contents.ok ? contents.value : refuse({ kind: "unreadable", error: contents.problem });
  } finally {
    tree.close();
  }
}
