import * as sys from "exitrd:sys";
import { hostArithmetic } from "../../../src/host/arithmetic.ts";
import { hostCodec } from "../../../src/host/codec.ts";
import { findFileSystem, proveFileSystem } from "../../../src/image/disk-image/find-file-system.ts";
import { readSealClaim } from "../../../src/image/disk-image/sealed-image.ts";
import { largestImage } from "../../../src/image/manifest.ts";
import type { Certificate } from "../../../src/image/sign/certificate.ts";
import { readCertificate } from "../../../src/image/sign/read-certificate.ts";
import { type DerNode, readDer } from "../../../src/image/sign/read-der.ts";
import { verifyDetached } from "../../../src/image/sign/verify-detached.ts";
import { checkImage } from "../../../src/load/check-image.ts";
import { equalBytes, toBytes } from "../../../src/text/bytes.ts";
import { drawFrom, makeDraw } from "../mutations/draw.ts";
import { mutateBytes } from "../mutations/mutate-bytes.ts";
import { mutateDer } from "../mutations/mutate-der.ts";

const [, folder = "", ...numbers] = sys.argv;
const [count = 0, seed = 0] = numbers.map(Number);
const draw = makeDraw(seed);

const read = (name: string) => sys.readFileBytes(`${folder}/${name}`);
const [image, signature, sealed] = [read("exitrd.img"), read("exitrd.img.p7s"), read("exitrd.raw")];
const [extension, diskImage] = [read("one.raw"), read("disk.raw")];
const extensionSignature = read("one.raw.p7s");
const anchor = readAnchor(read("root.der")) ?? fail("no anchor");

function fail(reason: string): never {
  throw new Error(reason);
}

function readAnchor(der: Uint8Array): Certificate | undefined {
  const certificate = readCertificate(der);
  return certificate.ok ? certificate.value : undefined;
}

/** "accepted", or why not. */
function verify(content: Uint8Array, by: Uint8Array, trusted: Certificate | undefined): string {
  const anchors = trusted === undefined ? [] : [trusted];
  const trust = { anchors, revoked: [], kernelKeys: false, now: sys.realtime() };
  const result = verifyDetached(content, by, trust, hostArithmetic);
  return result.ok ? "accepted" : result.problem.kind;
}

const archive = hostCodec.decompress(image, largestImage);

interface Kind {
  readonly name: string;
  readonly original: Uint8Array;
  readonly change: () => Uint8Array;
  /** The verdict on a changed one; "accepted" is wrong. */
  readonly judge: (changed: Uint8Array) => string;
}

const kinds: readonly Kind[] = [
  {
    name: "image",
    original: image,
    // Either the packed bytes, where the checksum reveals it, or the contents.
    change: () =>
      draw(2) === 0 ? mutateBytes(image, draw) : hostCodec.compress(mutateBytes(archive, draw), 1),
    judge: (changed) => {
      const verdict = verify(changed, signature, anchor);
      // It would not be unpacked after that, but has to be safe nevertheless.
      const unpacked = checkImage(changed, undefined, hostCodec);
      return unpacked.ok ? verdict : `${verdict}, ${unpacked.problem.kind}`;
    },
  },
  {
    name: "signature",
    original: signature,
    change: () => mutateBytes(signature, draw),
    judge: (changed) => verify(image, changed, anchor),
  },
  {
    // Includes the certificates in it, because their DER is part of its own.
    name: "form of the signature",
    original: signature,
    change: () => mutateDer(signature, draw),
    judge: (changed) => {
      const verdict = verify(image, changed, anchor);
      return verdict === "accepted" && isSpelling(changed) ? "another spelling" : verdict;
    },
  },
  {
    name: "trusted certificate",
    original: anchor.der,
    change: () => (draw(2) === 0 ? mutateBytes(anchor.der, draw) : mutateDer(anchor.der, draw)),
    judge: judgeAnchor,
  },
  {
    name: "sealed image",
    original: sealed,
    change: () => mutateBytes(sealed, draw),
    judge: judgeSealed,
  },
  {
    name: "extension",
    original: extension,
    change: () => mutateBytes(extension, draw),
    judge: (changed) => verify(changed, extensionSignature, anchor),
  },
  {
    name: "disk image",
    original: diskImage,
    change: () => mutateBytes(diskImage, draw),
    judge: (changed) => {
      const found = readDiskImage(changed);
      if (typeof found === "string") return found;
      return isOriginal(found, diskData) ? "extension, the same contents" : "accepted";
    },
  },
];

/**
 * Whether only the names of its algorithms differ: RFC 5754 allows more than one encoding of these,
 * and they are not signed.
 */
function isSpelling(changed: Uint8Array): boolean {
  const [one, two] = [changed, signature].map((der) => listSigned(parseDer(der)));
  return (
    one?.length === two?.length &&
    one?.every((part, i) => equalBytes(part, two?.[i] ?? part)) === true
  );
}

/** A message without what is around the signed parts, and without the names of algorithms. */
function listSigned(message: DerNode): readonly Uint8Array[] {
  const [type, content] = message.children;
  const [version, , inner, ...rest] = content?.children[0]?.children ?? [];
  const signers = rest.at(-1)?.children ?? [];
  const parts = [type, version, inner, ...rest.slice(0, -1), ...signers.flatMap(listSigner)];
  return parts.map((part) => part?.bytes ?? new Uint8Array(0));
}

function listSigner({ children }: DerNode): readonly (DerNode | undefined)[] {
  const [version, id, , attributes, , ...rest] = children;
  return [version, id, attributes, ...rest];
}

function parseDer(bytes: Uint8Array): DerNode {
  const node = readDer(bytes);
  return node.ok ? node.value : fail("no DER");
}

/** With another name or key, a trusted certificate must not match the signature. */
function judgeAnchor(changed: Uint8Array): string {
  const trusted = readAnchor(changed);
  const verdict = verify(image, signature, trusted);
  if (trusted === undefined || verdict !== "accepted") return verdict;
  const isSame =
    equalBytes(trusted.subject, anchor.subject) && equalBytes(trusted.keyInfo, anchor.keyInfo);
  return isSame ? "certificate, the same name and key" : verdict;
}

function judgeSealed(changed: Uint8Array): string {
  const found = checkImage(changed, undefined, hostCodec);
  const isGood = verifySealed(changed);
  if (!found.ok) return isGood ? `sealed, verified, ${found.problem.kind}` : found.problem.kind;
  // Bytes outside of the partitions are neither signed nor read.
  return isGood && !isOriginal(found.value.sealed?.tree.data, sealedData)
    ? "accepted"
    : "sealed, the same tree";
}

function verifySealed(bytes: Uint8Array): boolean {
  const seal = readSealClaim(bytes);
  if (!seal.ok || !proveFileSystem(seal.value.contents, hostCodec.sha256).ok) return false;
  const { rootHash, signature } = seal.value.signature;
  return verify(toBytes(rootHash), signature, anchor) === "accepted";
}

/** The contents that would be mounted, or the reason why nothing is. */
function readDiskImage(bytes: Uint8Array): Uint8Array | string {
  const claimed = findFileSystem(bytes, "x86_64");
  if (!claimed.ok) return claimed.problem.kind;
  if (claimed.value.claim === undefined) {
    const verdict = verify(bytes, extensionSignature, anchor);
    return verdict === "accepted" ? claimed.value.partition : verdict;
  }
  const { rootHash, signature } = claimed.value.claim.signature;
  const verdict = verify(toBytes(rootHash), signature, anchor);
  if (verdict !== "accepted") return verdict;
  const proved = proveFileSystem(claimed.value, hostCodec.sha256);
  return proved.ok ? proved.value.data : proved.problem.kind;
}

function isOriginal(data: Uint8Array | undefined, original: Uint8Array): boolean {
  return data !== undefined && equalBytes(data, original);
}

/** Makes `count` changes; returns the verdicts, and how often there was each. */
function run(): object {
  const reasons = new Map<string, number>();
  const accepted: { readonly kind: string; readonly hex: string }[] = [];
  let tried = 0;
  while (tried < count) {
    const { name, original, change, judge } = drawFrom(kinds, draw);
    const changed = change();
    if (equalBytes(changed, original)) continue;
    const reason = judge(changed);
    tried += 1;
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    if (reason.startsWith("accepted")) accepted.push({ kind: name, hex: showHex(changed) });
  }
  return { tried, accepted, reasons: Object.fromEntries([...reasons].sort()) };
}

function showHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const checkedSealed = checkImage(sealed, undefined, hostCodec);
const sealedData = (checkedSealed.ok && checkedSealed.value.sealed?.tree.data) || new Uint8Array(0);
const diskContents = readDiskImage(diskImage);
const diskData = typeof diskContents === "string" ? new Uint8Array(0) : diskContents;

const good = {
  image: verify(image, signature, anchor),
  extension: verify(extension, extensionSignature, anchor),
  sealed: verifySealed(sealed) && sealedData.length > 0,
  diskImage: diskData.length > 0,
  unpacks: checkImage(image, undefined, hostCodec).ok,
};
sys.write(1, JSON.stringify({ good, ...run() }));
