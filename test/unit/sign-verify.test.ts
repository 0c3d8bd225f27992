import { afterAll, describe, expect, test } from "vitest";
import { readCertificate } from "../../src/image/sign/read-certificate.ts";
import type { SignatureProblem } from "../../src/image/sign/signature-problem.ts";
import type { Trust } from "../../src/image/sign/trust.ts";
import { isMadeFor, type Signer, verifyDetached } from "../../src/image/sign/verify-detached.ts";
import { equalBytes, toBytes } from "../../src/text/bytes.ts";
import type { Checked } from "../../src/text/checked.ts";
import { scriptArithmetic } from "../fake/node-arithmetic.ts";
import { caExtensions, type Identity, leafExtensions, OpenSsl } from "../fake/openssl.ts";

const openssl = new OpenSsl();
afterAll(() => openssl.close());

const content = toBytes("an image\n");
const now = Date.UTC(2026, 0, 1);
const key = "rsa:2048";
const root = openssl.identity("Root", { key });
const middle = openssl.identity("Middle", { key, issuer: root, extensions: caExtensions });
const leaf = openssl.identity("Leaf", { key, issuer: middle });

function trust(anchors: readonly Identity[], revoked: readonly Identity[] = []): Trust {
  const read = (identity: Identity) => openssl.certificate(identity);
  return { anchors: anchors.map(read), revoked: revoked.map(read), kernelKeys: false, now };
}

function verify(
  signature: Uint8Array,
  by: Trust,
  signed: Uint8Array = content,
): Checked<Signer, SignatureProblem> {
  return verifyDetached(signed, signature, by, scriptArithmetic);
}

function problemOf(signature: Uint8Array, by: Trust, signed = content): unknown {
  const result = verify(signature, by, signed);
  return result.ok ? undefined : result.problem;
}

const none: readonly string[] = [];
test.each([
  { options: none },
  { options: ["-noattr"] },
  { options: ["-nocerts"] },
  { options: ["-noattr", "-nocerts"] },
])(
  "a signature is recognized as made for its content, whoever made it: $options",
  ({ options }) => {
    const stranger = openssl.identity("Stranger", { key: "P-256", extensions: [] });
    const signature = openssl.sign(content, stranger, ...options);
    const isFor = (bytes: Uint8Array, ...known: readonly Identity[]) =>
      isMadeFor(bytes, signature, trust(known).anchors, scriptArithmetic);
    expect(isFor(toBytes("another image\n"), stranger)).toBe(false);
    expect(isFor(content, root)).toBe(options.length < 2);
    expect(isFor(content, stranger)).toBe(true);
  },
);

describe("what openssl cms -sign -binary writes is accepted", () => {
  test.each([
    ["rsa:2048", "RSA-2048"],
    ["rsa:3072", "RSA-3072"],
    ["rsa:4096", "RSA-4096"],
    ["P-256", "P-256"],
    ["P-384", "P-384"],
    ["P-521", "P-521"],
  ] as const)("for %s, self-signed as keys for Secure Boot are", (key, name) => {
    const identity = openssl.identity("Signer", { key, extensions: [] });
    const signature = openssl.sign(content, identity, "-md", "sha256");
    expect(verify(signature, trust([identity]))).toEqual({
      ok: true,
      value: { name: "Signer", key: name, hash: "sha256", anchor: "Signer", by: "exitrd" },
    });
  });

  test.each(["sha384", "sha512"])("with %s", (hash) => {
    const signature = openssl.sign(content, leaf, "-md", hash, "-certfile", middle.cert);
    expect(verify(signature, trust([root]))).toMatchObject({ ok: true, value: { hash } });
  });

  test.each([
    ["without attributes", "-noattr"],
    ["without capabilities", "-nosmimecap"],
    ["naming its signer by key", "-keyid"],
  ])("%s", (_, option) => {
    const identity = openssl.identity("Signer", {
      extensions: ["subjectKeyIdentifier=hash", ...leafExtensions],
    });
    const signature = openssl.sign(content, identity, option);
    expect(verify(signature, trust([identity])).ok).toBe(true);
  });

  test("without a certificate in it, if that is trusted", () => {
    const signature = openssl.sign(content, leaf, "-nocerts", "-noattr");
    expect(verify(signature, trust([root, leaf]))).toMatchObject({ value: { anchor: "Leaf" } });
    expect(problemOf(signature, trust([root]))).toEqual({ kind: "no-certificate" });
  });

  test("with a chain to the root, to an intermediate, and to the signer itself", () => {
    const signature = openssl.sign(content, leaf, "-certfile", middle.cert);
    expect(verify(signature, trust([root]))).toMatchObject({ value: { anchor: "Root" } });
    expect(verify(signature, trust([middle]))).toMatchObject({ value: { anchor: "Middle" } });
    const withRoot = openssl.sign(content, leaf, "-certfile", openssl.bundle([root, middle]));
    expect(verify(withRoot, trust([root]))).toMatchObject({ value: { anchor: "Root" } });
    expect(verify(withRoot, trust([leaf]))).toMatchObject({ value: { anchor: "Leaf" } });
  });
});

describe("verification rejects", () => {
  const signature = openssl.sign(content, leaf, "-certfile", middle.cert);

  test("the signature of another file", () => {
    expect(problemOf(signature, trust([root]), toBytes("another\n"))).toEqual({
      kind: "other-content",
    });
    const plain = openssl.sign(content, leaf, "-certfile", middle.cert, "-noattr");
    expect(problemOf(plain, trust([root]), toBytes("another\n"))).toEqual({
      kind: "bad-signature",
      signer: "Leaf",
    });
  });

  test("an unknown signer, and one whose issuer is unknown", () => {
    const other = openssl.identity("Root");
    expect(problemOf(signature, trust([]))).toEqual({
      kind: "untrusted",
      name: "Middle",
      issuer: "Root",
    });
    // The same name does not mean the same key.
    expect(problemOf(signature, trust([other]))).toMatchObject({ kind: "untrusted" });
  });

  test("an issuer with the same name and key identifier but another key", () => {
    const extensions = [...caExtensions, "subjectKeyIdentifier=0102"];
    const [one, two] = [
      openssl.identity("Same", { extensions }),
      openssl.identity("Same", { extensions }),
    ];
    const signed = openssl.sign(content, openssl.identity("Leaf", { issuer: one }));
    expect(problemOf(signed, trust([two]))).toEqual({
      kind: "bad-chain",
      name: "Leaf",
      issuer: "Same",
    });
    expect(verify(signed, trust([two, one])).ok).toBe(true);
  });

  test("an expired certificate, anywhere in the chain", () => {
    const times = { from: "20200101000000Z", to: "20210101000000Z" };
    const old = openssl.identity("Old", times);
    const expired = { kind: "expired", name: "Old", lastDay: "2021-01-01" };
    const own = openssl.identity("Old", { ...times, extensions: [] });
    expect(problemOf(openssl.sign(content, own), trust([own]))).toEqual(expired);
    const under = openssl.identity("Under", { issuer: old });
    expect(problemOf(openssl.sign(content, under), trust([old]))).toEqual(expired);
  });

  test("validity periods that do not overlap, but none that has not begun: a clock may start in 1970", () => {
    const early = { ...trust([root]), now: 0 };
    expect(verify(signature, early).ok).toBe(true);
    const old = openssl.identity("Old", { from: "20200101000000Z", to: "20210101000000Z" });
    const young = openssl.identity("Young", { issuer: old, from: "20240101000000Z" });
    expect(problemOf(openssl.sign(content, young), { ...trust([old]), now: 0 })).toMatchObject({
      kind: "expired",
      name: "Old",
    });
  });

  test("a revoked certificate, anywhere in the chain, even with a new certificate for its key", () => {
    for (const revoked of [leaf, middle, root]) {
      expect(problemOf(signature, trust([root], [revoked]))).toMatchObject({ kind: "revoked" });
    }
    expect(verify(signature, trust([root], [openssl.identity("Leaf")])).ok).toBe(true);
  });

  test("a trusted certificate whose issuer is revoked, whether the signature contains it or not", () => {
    const signed = openssl.sign(content, leaf);
    expect(problemOf(signed, trust([leaf], [middle]))).toEqual({ kind: "revoked", name: "Middle" });
    const above = openssl.sign(content, leaf, "-certfile", openssl.bundle([middle, root]));
    expect(problemOf(above, trust([leaf], [middle]))).toEqual({ kind: "revoked", name: "Middle" });
    expect(problemOf(above, trust([leaf], [root]))).toEqual({ kind: "revoked", name: "Root" });
    // Another key with that name has not revoked anything.
    const other = openssl.identity("Middle", { key, extensions: caExtensions });
    expect(verify(signed, trust([leaf], [other])).ok).toBe(true);
  });

  test("a digest too weak to prove that no revoked issuer signed", () => {
    const old = openssl.identity("Old", { key, issuer: root, hash: "sha1" });
    const signed = openssl.sign(content, old);
    expect(verify(signed, trust([old])).ok).toBe(true);
    expect(problemOf(signed, trust([old], [root]))).toEqual({ kind: "revoked", name: "Root" });
  });

  test("a certificate for code from a CA for another purpose", () => {
    const shape = { issuer: root, key } as const;
    const web = openssl.identity("Web CA", {
      ...shape,
      extensions: [...caExtensions, "extendedKeyUsage=serverAuth,clientAuth"],
    });
    const wanted = { kind: "usage", name: "Web CA", wanted: "sign code" };
    for (const extensions of [
      leafExtensions,
      [...leafExtensions, "extendedKeyUsage=codeSigning"],
    ]) {
      const signer = openssl.identity("www.example.org", { issuer: web, extensions });
      const signed = openssl.sign(content, signer, "-certfile", web.cert);
      expect(problemOf(signed, trust([root]))).toEqual(wanted);
      expect(problemOf(signed, trust([web]))).toEqual(wanted);
    }
  });

  test("a chain without a common purpose", () => {
    const purpose = (one: string) => [`extendedKeyUsage=${one}`];
    const sub = (name: string, issuer: Identity, extensions: readonly string[]) =>
      openssl.identity(name, { issuer, extensions });
    const code = sub("Code CA", root, [...caExtensions, ...purpose("codeSigning")]);
    const any = sub("Any CA", root, [...caExtensions, ...purpose("anyExtendedKeyUsage")]);
    const check = (ca: Identity, extensions: readonly string[]) => {
      const signer = sub("Signer", ca, extensions);
      return problemOf(openssl.sign(content, signer, "-certfile", ca.cert), trust([root]));
    };
    const system = purpose("1.3.6.1.4.1.311.10.3.6");
    expect(check(code, system)).toMatchObject({ kind: "usage", name: "Code CA" });
    for (const [ca, extensions] of [
      [code, purpose("codeSigning")],
      [code, leafExtensions],
      [any, system],
    ] as const) {
      expect(check(ca, extensions)).toBeUndefined();
    }
  });

  test.each(["1.3.6.1.4.1.2312.16.1.2", "codeSigning,1.3.6.1.4.1.2312.16.1.2"])(
    "a key for the kernel's modules: %s",
    (purposes) => {
      const signer = openssl.identity("Modules", { extensions: [`extendedKeyUsage=${purposes}`] });
      expect(problemOf(openssl.sign(content, signer), trust([signer]))).toEqual({
        kind: "usage",
        name: "Modules",
        wanted: "sign code",
      });
    },
  );

  test.each([
    ["keyUsage=keyEncipherment", "sign data"],
    ["keyUsage=keyCertSign", "sign data"],
    ["extendedKeyUsage=serverAuth", "sign code"],
  ])("a signer with %s", (extension, wanted) => {
    const signer = openssl.identity("Signer", { issuer: root, extensions: [extension] });
    expect(problemOf(openssl.sign(content, signer), trust([root]))).toEqual({
      kind: "usage",
      name: "Signer",
      wanted,
    });
  });

  test.each(["codeSigning", "anyExtendedKeyUsage", "1.3.6.1.4.1.311.10.3.6"])(
    "no signer whose purpose is %s",
    (purpose) => {
      const extensions = [`extendedKeyUsage=${purpose}`];
      const signer = openssl.identity("Signer", { issuer: root, extensions });
      expect(verify(openssl.sign(content, signer), trust([root])).ok).toBe(true);
    },
  );

  test.each([
    ["basicConstraints=CA:FALSE", { kind: "usage", name: "Between", wanted: "be a CA" }],
    ["keyUsage=digitalSignature", { kind: "usage", name: "Between", wanted: "be a CA" }],
  ])("an issuer with %s", (extension, problem) => {
    const between = openssl.identity("Between", { issuer: root, extensions: [extension] });
    const signer = openssl.identity("Signer", { issuer: between });
    const signed = openssl.sign(content, signer, "-certfile", between.cert);
    expect(problemOf(signed, trust([root]))).toEqual(problem);
    expect(problemOf(signed, trust([between]))).toEqual(problem);
    expect(problemOf(signed, trust([root, signer]))).toBeUndefined();
  });

  test("a CA that may not sign certificates, and a chain longer than its CA allows", () => {
    const extensions = ["basicConstraints=CA:TRUE", "keyUsage=digitalSignature"];
    const odd = openssl.identity("Odd", { extensions });
    const under = openssl.sign(content, openssl.identity("Under", { issuer: odd }));
    expect(problemOf(under, trust([odd]))).toEqual({
      kind: "usage",
      name: "Odd",
      wanted: "sign certificates",
    });
    const short = openssl.identity("Short", { extensions: ["basicConstraints=CA:TRUE,pathlen:0"] });
    const between = openssl.identity("Between", { issuer: short, extensions: caExtensions });
    const end = openssl.identity("End", { issuer: between });
    const signed = openssl.sign(content, end, "-certfile", between.cert);
    expect(problemOf(signed, trust([short]))).toEqual({ kind: "path-length", name: "Short" });
  });

  test("weak digests and keys, in the signature and in a certificate", () => {
    expect(problemOf(openssl.sign(content, root, "-md", "sha1"), trust([root]))).toEqual({
      kind: "weak",
      algorithm: "SHA-1",
    });
    const old = openssl.identity("Old", { issuer: root, hash: "sha1" });
    expect(problemOf(openssl.sign(content, old), trust([root]))).toEqual({
      kind: "weak",
      algorithm: "RSA with SHA-1",
      name: "Old",
    });
    const small = openssl.identity("Small", { issuer: root, key: "rsa:1024" });
    expect(problemOf(openssl.sign(content, small), trust([root]))).toEqual({
      kind: "weak",
      algorithm: "RSA with 1024 bits",
      name: "Small",
    });
  });

  test("an unsupported algorithm, by its name", () => {
    const signed = openssl.sign(content, leaf, "-keyopt", "rsa_padding_mode:pss");
    expect(problemOf(signed, trust([root]))).toEqual({
      kind: "unsupported",
      algorithm: "RSASSA-PSS",
    });
  });

  test("an unknown critical extension", () => {
    const extensions = [...leafExtensions, "1.2.3.4=critical,DER:0500"];
    const odd = openssl.identity("Odd", { issuer: root, extensions });
    expect(problemOf(openssl.sign(content, odd), trust([root]))).toEqual({
      kind: "critical-extension",
      name: "Odd",
      oid: "1.2.3.4",
    });
  });

  test("data after its end", () => {
    const longer = Uint8Array.of(...signature, 0);
    expect(problemOf(longer, trust([root]))).toEqual({ kind: "trailing", at: signature.length });
  });

  test("a signature with the content inside, two signers, or a stranger's certificate", () => {
    expect(problemOf(openssl.sign(content, leaf, "-nodetach"), trust([root]))).toEqual({
      kind: "attached",
    });
    const two = openssl.sign(content, leaf, "-signer", root.cert, "-inkey", root.key);
    expect(problemOf(two, trust([root]))).toEqual({ kind: "signers", count: 2 });
    const stranger = openssl.identity("Stranger");
    const signed = openssl.sign(content, root, "-certfile", stranger.cert);
    expect(problemOf(signed, trust([root]))).toEqual({
      kind: "stray-certificate",
      name: "Stranger",
    });
  });

  test("BER that is not DER, and data that is not CMS", () => {
    const streamed = openssl.sign(content, leaf, "-stream");
    expect(problemOf(streamed, trust([root]))).toMatchObject({ kind: "not-der" });
    expect(problemOf(toBytes("rubbish"), trust([root]))).toMatchObject({ kind: "not-der" });
    expect(problemOf(new Uint8Array(), trust([root]))).toEqual({ kind: "not-der", at: 0 });
    expect(problemOf(openssl.certificate(root).der, trust([root]))).toMatchObject({
      kind: "malformed",
    });
  });
});

describe("a built-in key of the kernel", () => {
  const year = { from: "20200101000000Z", to: "20210101000000Z" };
  const plain = ["basicConstraints=CA:FALSE"];
  const ca = openssl.identity("Kernel CA", { key });
  const signer = openssl.identity("Signer", { key, issuer: ca });
  const noCa = openssl.identity("Kernel", { key, extensions: plain });
  const old = openssl.identity("Old Kernel", { key, ...year });

  /** A kernel that knows the keys of these certificates and of those that they issued. */
  function verifyWith(
    identities: readonly Identity[],
    signature: Uint8Array,
    revoked: readonly Identity[] = [],
  ): unknown {
    const known = identities.map((identity) => openssl.certificate(identity).subject);
    const result = verifyDetached(
      content,
      signature,
      { ...trust([], revoked), kernelKeys: true },
      {
        ...scriptArithmetic,
        isTrustedByKernel: (der) => {
          const read = readCertificate(der);
          return read.ok && known.some((subject) => equalBytes(subject, read.value.issuer));
        },
      },
    );
    return result.ok ? result.value : result.problem;
  }

  const sign = (by: Identity, ...more: readonly Identity[]): Uint8Array =>
    openssl.sign(content, by, ...(more.length > 0 ? ["-certfile", openssl.bundle(more)] : []));

  test("is trusted if its own certificate is the signer's or the issuer's", () => {
    expect(verifyWith([noCa], sign(noCa))).toMatchObject({ name: "Kernel", anchor: undefined });
    expect(verifyWith([ca], sign(signer, ca))).toMatchObject({ name: "Signer", anchor: undefined });
    expect(verifyWith([], sign(noCa))).toMatchObject({ kind: "untrusted" });
  });

  test("is not trusted without its certificate, which cannot be checked then", () => {
    expect(verifyWith([ca], sign(signer))).toMatchObject({ kind: "untrusted", name: "Signer" });
  });

  test.each([
    ["no CA", noCa, { kind: "usage", name: "Kernel", wanted: "be a CA" }],
    ["expired", old, { kind: "expired", name: "Old Kernel" }],
  ])("cannot issue a certificate if it is %s", (_, issuer, problem) => {
    const under = openssl.identity("Under", { key, issuer });
    expect(verifyWith([issuer], sign(under, issuer))).toMatchObject(problem);
  });

  test("cannot issue a certificate with a weak digest", () => {
    const weak = openssl.identity("Weak", { key, issuer: ca, hash: "sha1" });
    expect(verifyWith([ca], sign(weak, ca))).toMatchObject({ kind: "weak", name: "Weak" });
  });

  test("is refused if it is revoked", () => {
    const problem = { kind: "revoked", name: "Kernel CA" };
    expect(verifyWith([ca], sign(signer, ca), [ca])).toEqual(problem);
  });
});
