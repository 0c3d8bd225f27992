import type { Commands, FileReader, FileWriter } from "../port/loader.ts";
import { type SysFailure, trySys } from "../port/sys-error.ts";
import { toByteString, toBytes } from "../text/bytes.ts";
import { quote, showBytes } from "../text/show-bytes.ts";

/** The default paths of a machine's own key. */
export const newKey = { key: "/etc/exitrd/sign.key", certificate: "/etc/exitrd/sign.pem" };

export type KeyFailure =
  | { readonly kind: "exists"; readonly path: string }
  | { readonly kind: "no-openssl" }
  | { readonly kind: "openssl"; readonly words: string }
  | { readonly kind: "unwritable"; readonly path: string; readonly error: SysFailure };

export interface KeyPorts {
  readonly files: FileReader & FileWriter;
  readonly commands: Commands;
}

const keyBlock = /-----BEGIN PRIVATE KEY-----\n[^-]+-----END PRIVATE KEY-----\n/;
const certificateBlock = /-----BEGIN CERTIFICATE-----\n[^-]+-----END CERTIFICATE-----\n/;

/**
 * Makes openssl(1) create a key that only root can read, and a certificate for it that is valid for
 * ten years and can sign images. Existing files are never overwritten: a lost key cannot be
 * recreated. openssl prints both, so that there is never one without the other, and none if it is
 * killed.
 */
export function createKey(
  key: string,
  certificate: string,
  { files, commands }: KeyPorts,
): KeyFailure | undefined {
  const existing = findExisting([key, certificate], files);
  if (existing !== undefined) return existing;
  const end = commands.run("openssl", [
    ...["req", "-x509", "-newkey", "rsa:3072", "-nodes", "-sha256", "-days", "3650"],
    ...["-subj", "/CN=exitrd of this machine"],
    ...["-addext", "keyUsage=critical,digitalSignature"],
    ...["-addext", "extendedKeyUsage=codeSigning"],
    ...["-keyout", "-"],
  ]);
  if (end === undefined) return { kind: "no-openssl" };
  const printed = toByteString(end.stdout);
  const keyText = keyBlock.exec(printed)?.[0];
  const text = certificateBlock.exec(printed)?.[0];
  if (end.status !== 0 || keyText === undefined || text === undefined) {
    const lines = end.stderr.split("\n").filter((line) => line.includes(":"));
    return { kind: "openssl", words: lines.at(-1) ?? `exit status ${end.status}` };
  }
  // Again, because making the key took seconds, in which another call may have made one.
  const other = findExisting([key, certificate], files);
  if (other !== undefined) return other;
  const written = trySys(() =>
    files.replaceFiles([
      { path: key, data: toBytes(keyText), mode: 0o600 },
      { path: certificate, data: toBytes(text), mode: 0o644 },
    ]),
  );
  return written.ok ? undefined : { kind: "unwritable", path: key, error: written.problem };
}

function findExisting(paths: readonly string[], files: FileReader): KeyFailure | undefined {
  const path = paths.find((one) => files.status(one) !== undefined);
  return path === undefined ? undefined : { kind: "exists", path };
}

export function describeKeyFailure(failure: KeyFailure): string {
  switch (failure.kind) {
    case "exists":
      return `${quote(failure.path)} exists already: use it, or name another file with --key and --cert`;
    case "no-openssl":
      return "there is no openssl: install the package openssl";
    case "openssl":
      return `openssl: ${showBytes(failure.words)}`;
    case "unwritable": {
      const { code, words } = failure.error;
      const cure = code === "ENOENT" ? "create its directory, or name" : "name";
      return `cannot write ${quote(failure.path)}: ${words}: ${cure} other files with --key and --cert`;
    }
  }
}
