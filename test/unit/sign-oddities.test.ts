import { spawnSync } from "node:child_process";
import { afterAll, describe, expect, test } from "vitest";
import { verifyDetached } from "../../src/image/sign/verify-detached.ts";
import { scriptArithmetic } from "../fake/node-arithmetic.ts";
import { OpenSsl } from "../fake/openssl.ts";
import { listCertificateOddities } from "./oddities/certificates.ts";
import { listEcdsaOddities } from "./oddities/ecdsa-values.ts";
import {
  listAlgorithmOddities,
  listLargeOddities,
  listMessageOddities,
} from "./oddities/messages.ts";
import type { Oddity } from "./oddities/oddity.ts";
import { listCubeRoots, listRsaOddities } from "./oddities/rsa-values.ts";

const openssl = new OpenSsl();
afterAll(() => openssl.close());

/** Later than openssl(1)'s current time, at which some certificates become valid. */
const now = Date.UTC(2080, 0, 1);

const oddities: readonly Oddity[] = [
  listRsaOddities,
  listCubeRoots,
  listEcdsaOddities,
  listMessageOddities,
  listAlgorithmOddities,
  listLargeOddities,
  listCertificateOddities,
].flatMap((list) => list(openssl));

function judge({ signature, content, anchors, revoked = [] }: Oddity): string {
  const read = (list: Oddity["anchors"]) => list.map((one) => openssl.certificate(one));
  const trust = { anchors: read(anchors), revoked: read(revoked), kernelKeys: false, now };
  const result = verifyDetached(Uint8Array.from(content), signature, trust, scriptArithmetic);
  return result.ok ? "accepted" : result.problem.kind;
}

/** As lenient as possible about purposes: OpenSSL does not know which one an image needs. */
function askOpenssl({ signature, content, anchors }: Oddity): "accepted" | "refused" {
  const message = ["cms", "-verify", "-binary", "-inform", "DER", "-in", openssl.file(signature)];
  const trusted = anchors.length === 0 ? ["-no-CAfile"] : ["-CAfile", openssl.bundle(anchors)];
  const trust = [...trusted, "-no-CApath", "-no-CAstore", "-partial_chain", "-purpose", "any"];
  const rest = ["-content", openssl.file(content), "-attime", `${now / 1000}`, "-out", "/dev/null"];
  return spawnSync("openssl", [...message, ...trust, ...rest]).status === 0
    ? "accepted"
    : "refused";
}

test("exitrd accepts what OpenSSL refuses only for the clock, which may begin in 1970", () => {
  const lenient = oddities.filter((one) => one.exitrd === "accepted" && one.openssl === "refused");
  expect(lenient.map(({ name }) => name)).toEqual(["certificates: a leaf of the future"]);
});

test("there is a name for each", () => {
  expect(new Set(oddities.map(({ name }) => name)).size).toBe(oddities.length);
});

describe("verdicts of exitrd and of OpenSSL 3.0", () => {
  test.each(oddities.map((one) => [one.name, one] as const))("%s", (_, oddity) => {
    const { exitrd, openssl: other } = oddity;
    const start = performance.now();
    const verdict = judge(oddity);
    // No signature may delay a boot.
    expect(performance.now() - start).toBeLessThan(5_000);
    const beside = other && askOpenssl(oddity);
    expect({ exitrd: verdict, openssl: beside }).toEqual({ exitrd, openssl: other });
  });
});
