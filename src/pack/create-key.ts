import type { Commands, FileReader, FileWriter } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";
import { quote, showBytes } from "../text/show-bytes.ts";

/** Where a machine's own key is, unless it is put elsewhere. */
export const newKey = { key: "/etc/exitrd/sign.key", certificate: "/etc/exitrd/sign.pem" };

export type KeyFailure =
  | { readonly kind: "exists"; readonly path: string }
  | { readonly kind: "no-openssl" }
  | { readonly kind: "openssl"; readonly words: string };

export interface KeyPorts {
  readonly files: FileReader & FileWriter;
  readonly commands: Commands;
}

/**
 * Has openssl(1) make a key that only root can read, and a certificate of ten years for it, as
 * a signature of an image needs it. Never over a file: a key cannot be made again.
 */
export function createKey(
  key: string,
  certificate: string,
  { files, commands }: KeyPorts,
): KeyFailure | undefined {
  for (const path of [key, certificate]) {
    if (files.status(path) !== undefined) return { kind: "exists", path };
  }
  const end = commands.run("openssl", [
    ...["req", "-x509", "-newkey", "rsa:3072", "-nodes", "-sha256", "-days", "3650"],
    ...["-subj", "/CN=exitrd of this machine"],
    ...["-addext", "keyUsage=critical,digitalSignature"],
    ...["-addext", "extendedKeyUsage=codeSigning"],
    ...["-keyout", key, "-out", certificate],
  ]);
  if (end === undefined) return { kind: "no-openssl" };
  if (end.status === 0) return undefined;
  for (const path of [key, certificate]) attempt(() => files.removeFile(path));
  const lines = end.stderr.split("\n").filter((line) => line.includes(":"));
  return { kind: "openssl", words: lines.at(-1) ?? `exit status ${end.status}` };
}

export function describeKeyFailure(failure: KeyFailure): string {
  switch (failure.kind) {
    case "exists":
      return `${quote(failure.path)} exists already: use it, or name another file with --key and --cert`;
    case "no-openssl":
      return "there is no openssl: install the package openssl";
    case "openssl":
      return `openssl: ${showBytes(failure.words)}`;
  }
}
