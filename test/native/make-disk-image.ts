import { execFileSync } from "node:child_process";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { makeVeritySignature, rootTypes, usrTypes } from "../fake/disk-image.ts";

const mib = 1024 * 1024;

/**
 * Makes a file system's hash tree with veritysetup(8); returns the root hash, 64 hexadecimal
 * digits.
 */
export function formatVerity(fileSystem: string, tree: string): string {
  const options = ["format", "--salt", "ab".repeat(32), fileSystem, tree];
  const text = execFileSync("veritysetup", options, { encoding: "utf8" });
  const [, rootHash] = /^Root hash:\s*([0-9a-f]{64})$/m.exec(text) ?? [];
  if (rootHash === undefined) throw new Error(`no root hash in:\n${text}`);
  return rootHash;
}

/**
 * Makes a disk image of a file system with sfdisk(8): partitions for the file system, the hash
 * tree, and the signature that `sign` makes of the root hash.
 */
export function makeRealDiskImage(
  fileSystem: string,
  output: string,
  partition: "root" | "usr",
  sign: (rootHash: string) => Uint8Array,
): void {
  const tree = `${output}.verity`;
  const rootHash = formatVerity(fileSystem, tree);
  const signature = makeVeritySignature(rootHash, sign(rootHash));
  const parts = [readFileSync(fileSystem), readFileSync(tree), signature];
  const types = partition === "root" ? rootTypes : usrTypes;
  const sizes = parts.map(({ length }) => Math.ceil(length / mib));
  const lines = sizes.map((size, i) => `size=${size}MiB, type=${types[i]}`);
  writeFileSync(output, "");
  truncateSync(output, (2 + sizes.reduce((sum, size) => sum + size, 0)) * mib);
  const script = ["label: gpt", "first-lba: 2048", ...lines, ""].join("\n");
  execFileSync("sfdisk", ["--quiet", output], { input: script });
  const image = readFileSync(output);
  let at = mib;
  for (const [i, part] of parts.entries()) {
    image.set(part, at);
    at += (sizes[i] ?? 0) * mib;
  }
  writeFileSync(output, image);
}
