import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { describeSignatureProblem } from "../../src/image/sign/describe-signature-problem.ts";
import { parsePem } from "../../src/image/sign/parse-pem.ts";
import { readCertificate } from "../../src/image/sign/read-certificate.ts";
import { verifyDetached } from "../../src/image/sign/verify-detached.ts";
import { equalBytes, toBytes } from "../../src/text/bytes.ts";
import { scriptArithmetic } from "../fake/node-arithmetic.ts";
import { caExtensions, OpenSsl } from "../fake/openssl.ts";
import { mutatedBytes } from "./mutations.ts";

const openssl = new OpenSsl();
afterAll(() => openssl.close());

const content = toBytes("an image\n");
const key = "rsa:2048";
const root = openssl.identity("Root");
const rsaRoot = openssl.identity("RSA Root", { key });
const between = openssl.identity("Between", { key, issuer: rsaRoot, extensions: caExtensions });
const leaf = openssl.identity("Leaf", { key, issuer: between });
const own = openssl.identity("Own", { extensions: [] });
const under = openssl.identity("Under", { issuer: root });

const trust = {
  anchors: [root, rsaRoot, own].map((identity) => openssl.certificate(identity)),
  revoked: [],
  kernelKeys: false,
  now: Date.UTC(2026, 0, 1),
};
const signatures: readonly (readonly [string, Uint8Array])[] = [
  ["a chain of RSA", openssl.sign(content, leaf, "-certfile", between.cert)],
  ["ECDSA, self-signed", openssl.sign(content, own)],
  ["ECDSA under a CA, without attributes", openssl.sign(content, under, "-noattr")],
  ["a chain with its root", openssl.sign(content, under, "-certfile", root.cert)],
];

function verify(signed: Uint8Array, signature: Uint8Array) {
  return verifyDetached(signed, signature, trust, scriptArithmetic);
}

describe.each(signatures)("of %s", (_, signature) => {
  test("no byte can be changed", () => {
    expect(verify(content, signature).ok).toBe(true);
    const accepted: number[] = [];
    for (const at of signature.keys()) {
      const changed = Uint8Array.from(signature);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at & 7));
      if (verify(content, changed).ok) accepted.push(at);
    }
    expect(accepted).toEqual([]);
  });

  test("no byte can be inserted, removed or repeated", () => {
    fc.assert(
      fc.property(mutatedBytes([signature]), (changed) => {
        const result = verify(content, changed);
        if (result.ok) expect(equalBytes(changed, signature)).toBe(true);
        else expect(describeSignatureProblem(result.problem).length).toBeLessThan(300);
      }),
      { numRuns: 500 },
    );
  });

  test("it matches no other content", () => {
    fc.assert(
      fc.property(mutatedBytes([content]), (changed) => {
        expect(verify(changed, signature).ok).toBe(equalBytes(changed, content));
      }),
      { numRuns: 100 },
    );
  });
});

test("any bytes are a certificate or rejected with a reason, and a changed one is not trusted", () => {
  const ders = [root, rsaRoot, between, leaf].map((one) => openssl.certificate(one).der);
  const [first = new Uint8Array()] = ders;
  fc.assert(
    fc.property(mutatedBytes(ders), (der) => {
      const read = readCertificate(der);
      if (!read.ok) return;
      expect(equalBytes(read.value.der, der)).toBe(true);
      expect(read.value.name).toMatch(/^[ -~]{0,64}$/);
      expect(Number.isFinite(read.value.notAfter)).toBe(true);
    }),
    { numRuns: 2000 },
  );
  expect(readCertificate(first).ok).toBe(true);
});

test("a PEM file is parsed to what openssl wrote, with any text around it, or rejected", () => {
  const base = "TUlJ\nQUFB\n";
  const block = `-----BEGIN CERTIFICATE-----\n${base}-----END CERTIFICATE-----\n`;
  expect(parsePem(`text\n${block}more\n${block}`)).toEqual([toBytes("MIIAAA"), toBytes("MIIAAA")]);
  expect(parsePem(block.replace("TUlJ", "TU*J"))).toBeUndefined();
  expect(parsePem(block.slice(0, -30))).toBeUndefined();
  expect(parsePem("rubbish")).toEqual([]);
  for (const other of ["TRUSTED CERTIFICATE", "X509 CERTIFICATE", "X509 CRL"]) {
    expect(parsePem(block + block.replaceAll("CERTIFICATE", other))).toBeUndefined();
  }
  expect(parsePem(`-----BEGIN EC PRIVATE KEY-----\n${block}`)).toEqual([toBytes("MIIAAA")]);
});
