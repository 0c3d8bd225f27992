import * as sys from "exitrd:sys";
import { equalBytes, joinBytes } from "../../../src/core/image/bytes.ts";
import { largestImage } from "../../../src/core/image/manifest.ts";
import { readCertificate } from "../../../src/core/sign/read-certificate.ts";
import { verifyDetached } from "../../../src/core/sign/verify-detached.ts";
import { hostArithmetic } from "../../../src/host/arithmetic.ts";
import { hostCodec } from "../../../src/host/codec.ts";
import { checkImage } from "../../../src/load/check-image.ts";

const [, anchorPath = "", imagePath = "", signaturePath = "", count = "", seed = ""] = sys.argv;

const [image, signature] = [sys.readFileBytes(imagePath), sys.readFileBytes(signaturePath)];
const anchor = readCertificate(sys.readFileBytes(anchorPath));
if (!anchor.ok) throw new Error("no anchor");
const trust = { anchors: [anchor.value], revoked: [], kernelKeys: false, now: sys.realtime() };

let state = Number(seed);

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

/** Any number of changes; the reasons and their numbers. */
function run(): unknown {
  const reasons = new Map<string, number>();
  let accepted = 0;
  for (let i = 0; i < Number(count); i++) {
    const isImage = draw(2) === 0;
    const changed = isImage ? mutateImage() : mutateSome(signature);
    if (equalBytes(changed, isImage ? image : signature)) continue;
    const result = isImage
      ? verifyDetached(changed, signature, trust, hostArithmetic)
      : verifyDetached(image, changed, trust, hostArithmetic);
    if (result.ok) accepted += 1;
    // What nobody would unpack after that: it has to be safe all the same.
    const unpacked = isImage ? checkImage(changed, undefined, hostCodec) : undefined;
    const reason = result.ok ? "accepted" : result.problem.kind;
    const kind = unpacked && !unpacked.ok ? `${reason}, ${unpacked.problem.kind}` : reason;
    reasons.set(kind, (reasons.get(kind) ?? 0) + 1);
  }
  return { accepted, reasons: Object.fromEntries([...reasons].sort()) };
}

const good = verifyDetached(image, signature, trust, hostArithmetic).ok;
sys.write(
  1,
  JSON.stringify({
    good,
    unpacks: checkImage(image, undefined, hostCodec).ok,
    ...(run() as object),
  }),
);
