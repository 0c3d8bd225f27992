import * as sys from "exitrd:sys";
import { hostArithmetic } from "../../../src/host/arithmetic.ts";
import { hostCodec } from "../../../src/host/codec.ts";
import { proveFileSystem } from "../../../src/image/disk-image/find-file-system.ts";
import { readSealClaim } from "../../../src/image/disk-image/sealed-image.ts";
import { largestImage } from "../../../src/image/manifest.ts";
import { readCertificate } from "../../../src/image/sign/read-certificate.ts";
import { verifyDetached } from "../../../src/image/sign/verify-detached.ts";
import { type CheckedImage, checkImage } from "../../../src/load/check-image.ts";
import { equalBytes, joinBytes, toBytes } from "../../../src/text/bytes.ts";

const [, anchorPath = "", imagePath = "", signaturePath = "", sealedPath = "", ...numbers] =
  sys.argv;
const [count, seed] = numbers.map(Number);

const [image, signature] = [sys.readFileBytes(imagePath), sys.readFileBytes(signaturePath)];
const sealed = sys.readFileBytes(sealedPath);
const anchor = readCertificate(sys.readFileBytes(anchorPath));
if (!anchor.ok) throw new Error("no anchor");
const trust = { anchors: [anchor.value], revoked: [], kernelKeys: false, now: sys.realtime() };

let state = seed ?? 0;

/** A whole number below `limit` (mulberry32). */
function draw(limit: number): number {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
}

function mutate(bytes: Uint8Array): Uint8Array {
  const at = draw(bytes.length);
  const some = Uint8Array.from({ length: 1 + draw(8) }, () => draw(256));
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (draw(9)) {
    case 0:
      return before;
    case 1:
      return joinBytes([before, after.subarray(some.length)]);
    case 2:
      return joinBytes([before, some, after]);
    case 3:
      return joinBytes([before, some, after.subarray(some.length)]);
    case 4:
      return joinBytes([before, after.subarray(0, 1 + draw(64)), after]);
    default: {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 << draw(8));
      return changed;
    }
  }
}

function mutateSome(bytes: Uint8Array): Uint8Array {
  let changed = bytes;
  for (let left = 1 + draw(3); left > 0; left--) changed = mutate(changed);
  return changed;
}

const archive = hostCodec.decompress(image, largestImage);

/** Of the image as it is, where the checksum finds out, or of what is packed in it. */
function mutateImage(): Uint8Array {
  return draw(2) === 0 ? mutateSome(image) : hostCodec.compress(mutateSome(archive), 1);
}

/** What was said of one change: "accepted" where that is wrong. */
function tryChange(): string | undefined {
  switch (draw(3)) {
    case 0: {
      const changed = mutateImage();
      if (equalBytes(changed, image)) return undefined;
      const result = verifyDetached(changed, signature, trust, hostArithmetic);
      // What nobody would unpack after that: it has to be safe all the same.
      const unpacked = checkImage(changed, undefined, hostCodec);
      const reason = result.ok ? "accepted" : result.problem.kind;
      return unpacked.ok ? reason : `${reason}, ${unpacked.problem.kind}`;
    }
    case 1: {
      const changed = mutateSome(signature);
      if (equalBytes(changed, signature)) return undefined;
      const result = verifyDetached(image, changed, trust, hostArithmetic);
      return result.ok ? "accepted" : result.problem.kind;
    }
    default: {
      const changed = mutateSome(sealed);
      const read = checkImage(changed, undefined, hostCodec);
      const isGood = verifySealed(changed);
      if (!read.ok) return isGood ? `sealed, verified, ${read.problem.kind}` : read.problem.kind;
      // What is not in a partition is signed by nobody, and nobody reads it.
      return isGood && !hasSameTree(read.value) ? "accepted" : "sealed, the same tree";
    }
  }
}

function verifySealed(bytes: Uint8Array): boolean {
  const seal = readSealClaim(bytes);
  if (!seal.ok || !proveFileSystem(seal.value.contents, hostCodec.sha256).ok) return false;
  const { rootHash, signature } = seal.value.signature;
  return verifyDetached(toBytes(rootHash), signature, trust, hostArithmetic).ok;
}

function hasSameTree({ sealed: found }: CheckedImage): boolean {
  return found !== undefined && original !== undefined && equalBytes(found.tree.data, original);
}

/** Any number of changes; the reasons and their numbers. */
function run(): unknown {
  const reasons = new Map<string, number>();
  for (let i = 0; i < (count ?? 0); i++) {
    const reason = tryChange();
    if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  const accepted = [...reasons].filter(([reason]) => reason.startsWith("accepted"));
  return { accepted: accepted.length, reasons: Object.fromEntries([...reasons].sort()) };
}

const checkedSealed = checkImage(sealed, undefined, hostCodec);
const original = checkedSealed.ok ? checkedSealed.value.sealed?.tree.data : undefined;

const good =
  verifyDetached(image, signature, trust, hostArithmetic).ok &&
  verifySealed(sealed) &&
  original !== undefined;
sys.write(
  1,
  JSON.stringify({
    good,
    unpacks: checkImage(image, undefined, hostCodec).ok,
    ...(run() as object),
  }),
);
