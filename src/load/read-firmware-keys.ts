import type { Certificate } from "../image/sign/certificate.ts";
import { readCertificate } from "../image/sign/read-certificate.ts";
import { type CertificateHash, readSignatureLists } from "../image/sign/read-dbx.ts";
import type { FileReader } from "../port/loader.ts";
import { trySys } from "../port/sys-error.ts";
import { hasVariables, listVariables, variablePath } from "./efi-variables.ts";
import type { TrustProblem } from "./read-trust.ts";

/** UEFI 2.10, 32.6.1, and shim's own. */
const firmware = "d719b2cb-3d3a-4596-a3bc-dad00e67656f";
const shim = "605dab50-e046-4300-abb6-3dd810dd8b23";

/**
 * The variables that shim passes to the kernel in memory (linux,
 * drivers/firmware/efi/mokvar-table.c): complete, without attributes.
 */
const shimTable = "/sys/firmware/efi/mok-variables";

// dbx had 24 KiB in 2025.
const largest = 1024 * 1024;

const attributesSize = 4;
/**
 * A flag in the first byte of the attributes: non-volatile, so root may have written the variable
 * during an earlier boot.
 */
const NON_VOLATILE = 1;

/**
 * The signers that the firmware's owner (db) and the machine's owner (MOK) trust, and those that
 * they have revoked (dbx, MOKX).
 */
export interface FirmwareKeys {
  readonly anchors: readonly Certificate[];
  readonly revoked: readonly Certificate[];
  readonly revokedHashes: readonly CertificateHash[];
  readonly problems: readonly TrustProblem[];
}

/** Signature lists as read, or why they could not be read. */
type Source = { readonly path: string } & (
  | { readonly lists: Uint8Array }
  | { readonly reason: string }
);

/**
 * Reads these keys as certificates, so that they are checked like those of trusted.d: the kernel has
 * them in .platform and .machine, but does not check whether an issuer is a CA or its purpose, and
 * checks revocations only for what it verifies itself. An unreadable anchor is ignored; an unreadable
 * revocation is fatal. With Secure Boot on, dbx must be accessible.
 */
export function readFirmwareKeys(files: FileReader, secureBoot: boolean): FirmwareKeys {
  const problems: TrustProblem[] = [];
  const trusting = [...readDb(files), ...readShimList("MokListRT", files, true)];
  const revoking = [...readDbx(files, secureBoot), ...readShimList("MokListXRT", files, false)];
  const anchors = parseSources(trusting, false, problems);
  const revoked = parseSources(revoking, true, problems);
  return {
    anchors: anchors.certificates,
    revoked: revoked.certificates,
    revokedHashes: revoked.hashes,
    problems,
  };
}

function readDb(files: FileReader): readonly Source[] {
  // The owner configured shim not to trust the firmware's keys: shim and kernel ignore db then.
  const isIgnored = [`${shimTable}/MokIgnoreDB`, variablePath("MokIgnoreDB", shim)].some(
    (path) => readSource(path, 0, files) !== undefined,
  );
  return isIgnored ? [] : listOne(readSource(variablePath("db", firmware), attributesSize, files));
}

function readDbx(files: FileReader, secureBoot: boolean): readonly Source[] {
  const path = variablePath("dbx", firmware);
  const source = readSource(path, attributesSize, files);
  if (source !== undefined) return [source];
  const isHidden = secureBoot && !hasVariables(files);
  return isHidden ? [{ path, reason: "Secure Boot is on, but efivarfs is not mounted" }] : [];
}

/**
 * One of shim's lists: the kernel's copy, or the variables that shim creates at each boot, several
 * numbered ones if one is too small. With `isTrusted` a variable that survives a reboot is ignored:
 * it is not shim's, and any root user could have written it.
 */
function readShimList(name: string, files: FileReader, isTrusted: boolean): readonly Source[] {
  const table = readSource(`${shimTable}/${name}`, 0, files);
  if (table !== undefined && "lists" in table) return [table];
  const pattern = /^(.*?)\d*-([0-9a-f-]{36})$/;
  const variables = listVariables(files).filter((variable) => {
    const [, base, vendor] = pattern.exec(variable) ?? [];
    return base === name && vendor === shim;
  });
  const sources = variables.flatMap((variable) => {
    const path = variablePath(variable.slice(0, -shim.length - 1), shim);
    const source = readSource(path, 0, files);
    if (source === undefined || !("lists" in source)) return listOne(source);
    const isKept = ((source.lists[0] ?? NON_VOLATILE) & NON_VOLATILE) !== 0;
    if (isTrusted && isKept) return [{ path, reason: "it was not made by shim at this boot" }];
    return [{ path, lists: source.lists.subarray(attributesSize) }];
  });
  return sources.length > 0 ? sources : listOne(table);
}

/** Undefined if it does not exist. */
function readSource(path: string, skipped: number, files: FileReader): Source | undefined {
  const value = trySys(() => files.readBytes(path, largest));
  if (value.ok) return { path, lists: value.value.subarray(skipped) };
  return value.problem.code === "ENOENT" ? undefined : { path, reason: value.problem.words };
}

function listOne(source: Source | undefined): readonly Source[] {
  return source === undefined ? [] : [source];
}

function parseSources(
  sources: readonly Source[],
  fatal: boolean,
  problems: TrustProblem[],
): { readonly certificates: readonly Certificate[]; readonly hashes: readonly CertificateHash[] } {
  const certificates: Certificate[] = [];
  const hashes: CertificateHash[] = [];
  for (const source of sources) {
    const { path } = source;
    const note = (reason: string) => problems.push({ path, reason, fatal, origin: "firmware" });
    if (!("lists" in source)) {
      note(source.reason);
      continue;
    }
    const found = readSignatureLists(source.lists);
    const read = found.certificates.map(readCertificate);
    const good = read.flatMap((one) => (one.ok ? [one.value] : []));
    certificates.push(...good);
    hashes.push(...found.hashes);
    if (!found.whole) note("it is cut off or damaged");
    else if (good.length < read.length) note("a certificate in it is damaged");
  }
  return { certificates, hashes };
}
