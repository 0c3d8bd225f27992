import { parseImageVersion } from "../image/image-version.ts";
import type { Certificate } from "../image/sign/certificate.ts";
import { parsePem } from "../image/sign/parse-pem.ts";
import { readCertificate } from "../image/sign/read-certificate.ts";
import type { FileReader } from "../port/files.ts";
import { attempt } from "../port/sys-error.ts";
import { trySys } from "../port/sys-failure.ts";
import { toByteString } from "../text/bytes.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";

/** Files in the first directory override those of the same name in the second. */
const roots = ["/etc/exitrd", "/usr/lib/exitrd"];

const largestFile = 256 * 1024;

/** What this machine trusts. */
export interface TrustFiles {
  readonly anchors: readonly Certificate[];
  readonly revoked: readonly Certificate[];
  /** The highest of the floors; images below it are refused. */
  readonly floor: number;
  readonly problems: readonly TrustProblem[];
}

export interface TrustProblem {
  readonly path: string;
  readonly reason: string;
  /** Ignoring it would mean to trust more, not less. */
  readonly fatal: boolean;
}

/**
 * Reads trusted.d, revoked.d and image-version-floor. An unreadable anchor is ignored. An
 * unreadable revocation or floor is fatal: nothing is trusted.
 */
export function readTrustFiles(files: FileReader): TrustFiles {
  const problems: TrustProblem[] = [];
  const read = (directory: string, fatal: boolean) =>
    listFiles(directory, files).flatMap((path) => {
      const certificates = readPemFile(path, files);
      if (certificates.ok) return certificates.value;
      problems.push({ path, reason: certificates.problem, fatal });
      return [];
    });
  const anchors = read("trusted.d", false);
  const revoked = read("revoked.d", true);
  const floor = readFloor(files, problems);
  return { anchors, revoked, floor, problems };
}

/** The certificates of a PEM file; none of an empty file, which masks another one. */
export function readPemFile(
  path: string,
  files: FileReader,
): Checked<readonly Certificate[], string> {
  const bytes = trySys(() => files.readBytes(path, largestFile));
  if (!bytes.ok) return refuse(bytes.problem.words);
  if (bytes.value.length === 0) return accept([]);
  const found = parsePem(toByteString(bytes.value));
  if (found === undefined || found.length === 0) return refuse("no certificate in PEM");
  const certificates: Certificate[] = [];
  for (const der of found) {
    const certificate = readCertificate(der);
    if (!certificate.ok) return refuse("a certificate in it is damaged");
    certificates.push(certificate.value);
  }
  return accept(certificates);
}

function listFiles(directory: string, files: FileReader): readonly string[] {
  const found = new Map<string, string>();
  for (const root of roots) {
    for (const name of attempt(() => files.readDir(`${root}/${directory}`)) ?? []) {
      const isMeant = name.endsWith(".pem") && !name.startsWith(".");
      if (isMeant && !found.has(name)) found.set(name, `${root}/${directory}/${name}`);
    }
  }
  return [...found.keys()].sort().map((name) => found.get(name) ?? "");
}

function readFloor(files: FileReader, problems: TrustProblem[]): number {
  const floors = roots.flatMap((root) => {
    const path = `${root}/image-version-floor`;
    if (files.status(path) === undefined) return [];
    const bytes = trySys(() => files.readBytes(path, largestFile));
    const text = bytes.ok ? toByteString(bytes.value).trim() : "";
    const floor = parseImageVersion(text);
    if (floor !== undefined) return [floor];
    const reason = bytes.ok ? "not a whole number" : bytes.problem.words;
    problems.push({ path, reason, fatal: true });
    return [];
  });
  return Math.max(0, ...floors);
}
