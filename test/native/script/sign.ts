import { addKey, KEY_SPEC_PROCESS_KEYRING, unlinkKey } from "exitrd:key";
import * as sys from "exitrd:sys";
import { hostArithmetic, verifyByScript } from "../../../src/host/arithmetic.ts";
import { isTakenBy } from "../../../src/host/kernel-keys.ts";
import type { Arithmetic } from "../../../src/image/sign/arithmetic.ts";
import { readCertificate } from "../../../src/image/sign/read-certificate.ts";
import { verifyDetached } from "../../../src/image/sign/verify-detached.ts";

const [, anchorPath = "", contentPath = "", signaturePath = "", leafPath = ""] = sys.argv;

function read(path: string): Uint8Array {
  return sys.readFileBytes(path);
}

/**
 * Whether a keyring that is restricted by one with the anchor accepts the leaf, and whether one
 * restricted by an empty keyring does.
 */
function tryKeyrings(anchor: Uint8Array, leaf: Uint8Array): unknown {
  const own = addKey("keyring", "test", "", KEY_SPEC_PROCESS_KEYRING);
  const restriction = `key_or_keyring:${own}`;
  const before = isTakenBy(restriction, leaf);
  try {
    addKey("asymmetric", "", anchor, own);
  } catch (thrown) {
    return String(thrown);
  }
  const result = {
    before,
    leaf: isTakenBy(restriction, leaf),
    anchor: isTakenBy(restriction, anchor),
    builtin: isTakenBy("builtin_trusted", leaf),
    nonsense: isTakenBy("nonsense", leaf),
  };
  unlinkKey(own, KEY_SPEC_PROCESS_KEYRING);
  return result;
}

function run(arithmetic: Arithmetic): unknown {
  const anchor = readCertificate(read(anchorPath));
  if (!anchor.ok) return anchor;
  const trust = { anchors: [anchor.value], revoked: [], kernelKeys: true, now: sys.realtime() };
  const started = sys.monotonic();
  const signature = read(signaturePath);
  const content = read(contentPath);
  const good = verifyDetached(content, signature, trust, arithmetic);
  const ms = sys.monotonic() - started;
  const damaged = signature.slice();
  const last = damaged.length - 9;
  damaged[last] = (damaged[last] ?? 0) ^ 1;
  return {
    good,
    ms,
    damaged: verifyDetached(content, damaged, trust, arithmetic),
    untrusted: verifyDetached(content, signature, { ...trust, anchors: [] }, arithmetic),
  };
}

sys.write(
  1,
  JSON.stringify({
    host: run(hostArithmetic),
    script: run({ ...hostArithmetic, verify: verifyByScript }),
    keyrings: tryKeyrings(read(anchorPath), read(leafPath)),
  }),
);
