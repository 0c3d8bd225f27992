import { parseImageVersion } from "../image/image-version.ts";
import type { Certificate } from "../image/sign/certificate.ts";
import { parsePem } from "../image/sign/parse-pem.ts";
import { readCertificate } from "../image/sign/read-certificate.ts";
import type { FileReader } from "../port/loader.ts";
import { trySys } from "../port/sys-error.ts";
import { toByteString } from "../text/bytes.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import { listDirectory } from "./list-directory.ts";

/** Files in the first directory override those of the same name in the second. */
const roots = ["/etc/exitrd", "/usr/lib/exitrd"];

const largestFile = 256 * 1024;
const otherName = "its name does not end in '.pem'";

/** What this machine trusts. */
export interface TrustFiles {
  readonly anchors: readonly Certificate[];
  /** Whether there are files for trusted signers, even if they cannot be read. */
  readonly hasAnchors: boolean;
  readonly revoked: readonly Certificate[];
  /** The highest of all floors; images with a lower version are refused. */
  readonly floor: number;
  readonly problems: readonly TrustProblem[];
}

export interface TrustProblem {
  readonly path: string;
  readonly reason: string;
  /** Whether the file restricts trust: ignoring it would mean to trust more. */
  readonly fatal: boolean;
  readonly origin: "file" | "firmware";
}

/**
 * Reads trusted.d, revoked.d and image-version-floor. An unreadable anchor is not trusted, but
 * requires signatures like the others; an unreadable revocation, floor or directory is fatal. Files
 * with other names are ignored and reported.
 */
export function readTrustFiles(files: FileReader): TrustFiles {
  const problems: TrustProblem[] = [];
  const trusted = readDirectory("trusted.d", false, files, problems);
  const revoked = readDirectory("revoked.d", true, files, problems);
  const floor = readFloor(files, problems);
  return {
    anchors: trusted.certificates,
    hasAnchors: trusted.isUsed,
    revoked: revoked.certificates,
    ...{ floor, problems },
  };
}

interface ReadDirectory {
  readonly certificates: readonly Certificate[];
  /** Whether there are files other than masks. */
  readonly isUsed: boolean;
}

function readDirectory(
  name: string,
  fatal: boolean,
  files: FileReader,
  problems: TrustProblem[],
): ReadDirectory {
  const found = listFiles(name, files);
  for (const problem of found.problems) problems.push(problem);
  const read = found.listed
    .filter((file) => !isMask(file, files))
    .map(({ path }) => ({ path, certificates: readPemFile(path, files) }));
  for (const { path, certificates } of read) {
    if (!certificates.ok) {
      problems.push({ path, reason: certificates.problem, fatal, origin: "file" });
    }
  }
  const certificates = read.flatMap((one) => (one.certificates.ok ? one.certificates.value : []));
  const isListed = found.problems.every(({ fatal }) => !fatal);
  const isWhole = isListed && read.every((one) => one.certificates.ok);
  return { certificates, isUsed: certificates.length > 0 || !isWhole };
}

/**
 * An empty file that masks no other is damaged: after a power failure, a file that was just copied may
 * be empty, and a revocation would be gone.
 */
function isMask({ path, hasOther }: ListedFile, files: FileReader): boolean {
  if (files.realPath(path) === "/dev/null") return true;
  // readBytes fails for a file that is not empty.
  return hasOther && trySys(() => files.readBytes(path, 0)).ok;
}

/** The certificates of a PEM file, of which there is at least one. */
export function readPemFile(
  path: string,
  files: FileReader,
): Checked<readonly Certificate[], string> {
  const bytes = trySys(() => files.readBytes(path, largestFile));
  if (!bytes.ok) return refuse(bytes.problem.words);
  if (bytes.value.length === 0) return refuse("it is empty");
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

interface ListedFile {
  readonly path: string;
  /** Whether the second directory has a file of the same name. */
  readonly hasOther: boolean;
}

function listFiles(
  directory: string,
  files: FileReader,
): { readonly listed: readonly ListedFile[]; readonly problems: readonly TrustProblem[] } {
  const found = new Map<string, ListedFile>();
  const problems: TrustProblem[] = [];
  for (const root of roots) {
    const path = `${root}/${directory}`;
    const names = listDirectory(path, files);
    if (!names.ok) {
      problems.push({ path, reason: names.problem.words, fatal: true, origin: "file" });
      continue;
    }
    for (const name of names.value) {
      if (name.startsWith(".")) continue;
      const file = `${path}/${name}`;
      if (!name.endsWith(".pem")) {
        problems.push({ path: file, reason: otherName, fatal: false, origin: "file" });
      } else {
        const other = found.get(name);
        found.set(name, { path: other?.path ?? file, hasOther: other !== undefined });
      }
    }
  }
  const listed = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file);
  return { listed, problems };
}

function readFloor(files: FileReader, problems: TrustProblem[]): number {
  const floors = roots.flatMap((root) => {
    const path = `${root}/image-version-floor`;
    const status = trySys(() => files.status(path));
    if (status.ok && status.value === undefined) return [];
    const bytes = trySys(() => files.readBytes(path, largestFile));
    const text = bytes.ok ? toByteString(bytes.value).trim() : "";
    const floor = parseImageVersion(text);
    if (floor !== undefined) return [floor];
    const reason = bytes.ok ? "not a whole number" : bytes.problem.words;
    problems.push({ path, reason, fatal: true, origin: "file" });
    return [];
  });
  return Math.max(0, ...floors);
}
