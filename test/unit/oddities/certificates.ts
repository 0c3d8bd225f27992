import { readFileSync } from "node:fs";
import { parsePem } from "../../../src/image/sign/parse-pem.ts";
import { encodeDer, encodeInteger, parseDer } from "../../fake/der.ts";
import {
  caExtensions,
  type Identity,
  type IdentityShape,
  leafExtensions,
  type OpenSsl,
} from "../../fake/openssl.ts";
import { type Edit, reissue, withCertificate } from "./forge.ts";
import type { Oddity } from "./oddity.ts";

const past = { from: "20200101000000Z", to: "20210101000000Z" };
const EXTENSIONS = 0xa3;

interface Case {
  readonly name: string;
  readonly signer: Identity;
  readonly chain?: readonly Identity[];
  readonly anchors: readonly Identity[];
  readonly revoked?: readonly Identity[];
  /** What the message contains instead of the signer's certificate. */
  readonly embedded?: Identity;
  readonly exitrd: string;
  readonly openssl: Oddity["openssl"];
}

/** The subjectPublicKeyInfo with other members in its algorithm. */
function withAlgorithm(info: Uint8Array | undefined, edit: Edit): Uint8Array {
  const [algorithm, bits] = parseDer(info ?? new Uint8Array(0)).children;
  if (algorithm === undefined || bits === undefined) throw new Error("no key");
  const members = edit(algorithm.children.map(({ bytes }) => bytes));
  return encodeDer(0x30, encodeDer(0x30, ...members), bits.bytes);
}

/** If the value is the list of extensions, repeats the first one. */
function doubleExtension(member: Uint8Array): Uint8Array {
  if (member[0] !== EXTENSIONS) return member;
  const list = parseDer(member).children[0]?.children.map(({ bytes }) => bytes) ?? [];
  return encodeDer(EXTENSIONS, encodeDer(0x30, ...list, ...list.slice(0, 1)));
}

/** Certificates that a careless verifier accepts. All are verified as of 2080-01-01. */
export function listCertificateOddities(openssl: OpenSsl): readonly Oddity[] {
  const content = Buffer.from("an image\n");
  const key = "rsa:2048";
  const make = (name: string, shape: IdentityShape = {}) =>
    openssl.identity(name, { key, ...shape });
  const root = make("Root");
  const leaf = make("Leaf", { issuer: root });
  const below = (name: string, shape: IdentityShape) => make(name, { issuer: root, ...shape });
  const ca = (name: string, shape: IdentityShape = {}) =>
    below(name, { extensions: caExtensions, ...shape });
  /** A leaf below a CA of this form, which the root issued. */
  const under = (issuer: Identity): Pick<Case, "signer" | "chain" | "anchors"> => ({
    signer: make("Under", { issuer }),
    chain: [issuer],
    anchors: [root],
  });
  /** The leaf with a changed certificate, signed again by the root. */
  const changed = (edit: Edit): Pick<Case, "signer" | "anchors"> => ({
    signer: reissue(openssl, leaf, root, edit),
    anchors: [root],
  });
  /** The same, with the certificate replaced after signing: openssl(1) would not sign with it. */
  const replaced = (edit: Edit): Pick<Case, "signer" | "anchors" | "embedded"> => ({
    signer: leaf,
    anchors: [root],
    embedded: reissue(openssl, leaf, root, edit),
  });
  const withSerial = (serial: Uint8Array) => changed((members) => members.with(1, serial));
  const withoutExtensions: Edit = (members) =>
    members.filter((one) => one[0] !== EXTENSIONS && one[0] !== 0xa0);
  const versionOne = reissue(openssl, ca("Version 1"), root, withoutExtensions);
  const impostor = make("Root");
  const endEntity = below("End", {});
  const sub = ca("Sub");
  const between = openssl.identity("Between", { key, issuer: sub, extensions: caExtensions });
  const deep = make("Deep", { issuer: between });
  const short = ca("Short", {
    extensions: ["basicConstraints=critical,CA:TRUE,pathlen:0", "keyUsage=keyCertSign"],
  });
  const belowShort = make("Below short", { issuer: short, extensions: caExtensions });
  const oldRoot = make("Old root", past);
  const oldCa = ca("Old CA", past);
  const lines = (...more: readonly string[]) => [...leafExtensions, ...more];

  const cases: readonly Case[] = [
    { name: "one CA", signer: leaf, anchors: [root], exitrd: "accepted", openssl: "accepted" },
    // Times.
    {
      name: "an expired leaf",
      signer: below("Old", past),
      anchors: [root],
      exitrd: "expired",
      openssl: "refused",
    },
    { name: "an expired CA", ...under(oldCa), exitrd: "expired", openssl: "refused" },
    {
      name: "an expired anchor",
      signer: make("Young", { issuer: oldRoot }),
      anchors: [oldRoot],
      exitrd: "expired",
      openssl: "refused",
    },
    // The start of validity is ignored, because a clock may begin in 1970: docs/trust.md.
    {
      name: "a leaf of the future",
      signer: below("Future", { from: "20900101000000Z" }),
      anchors: [root],
      exitrd: "accepted",
      openssl: "refused",
    },
    {
      name: "a leaf that begins after its CA has ended",
      signer: make("Late", { issuer: oldRoot, from: "20850101000000Z" }),
      anchors: [oldRoot],
      exitrd: "expired",
      openssl: "refused",
    },
    // Extensions.
    {
      name: "an unknown critical extension",
      signer: below("Odd", { extensions: lines("1.2.3.4=critical,DER:0500") }),
      anchors: [root],
      exitrd: "critical-extension",
      openssl: "refused",
    },
    {
      name: "an unknown extension",
      signer: below("Odd", { extensions: lines("1.2.3.4=DER:0500") }),
      anchors: [root],
      exitrd: "accepted",
      openssl: "accepted",
    },
    {
      name: "critical name constraints",
      ...under(
        ca("Constrained", {
          extensions: [...caExtensions, "nameConstraints=critical,permitted;DNS:example.org"],
        }),
      ),
      exitrd: "critical-extension",
      openssl: "accepted",
    },
    {
      name: "a leaf that may not sign data",
      signer: below("Encipher", { extensions: ["keyUsage=keyEncipherment"] }),
      anchors: [root],
      exitrd: "usage",
      openssl: "accepted",
    },
    {
      name: "a leaf for servers",
      signer: below("Server", { extensions: lines("extendedKeyUsage=serverAuth") }),
      anchors: [root],
      exitrd: "usage",
      openssl: "accepted",
    },
    {
      name: "a leaf for kernel modules",
      signer: below("Modules", {
        extensions: lines("extendedKeyUsage=codeSigning,1.3.6.1.4.1.2312.16.1.2"),
      }),
      anchors: [root],
      exitrd: "usage",
      openssl: "accepted",
    },
    {
      name: "a leaf for code",
      signer: below("Code", { extensions: lines("extendedKeyUsage=codeSigning") }),
      anchors: [root],
      exitrd: "accepted",
      openssl: "accepted",
    },
    {
      name: "a CA for servers",
      ...under(ca("Web CA", { extensions: [...caExtensions, "extendedKeyUsage=serverAuth"] })),
      exitrd: "usage",
      openssl: "accepted",
    },
    {
      name: "a CA that may not sign certificates",
      ...under(
        ca("Odd CA", { extensions: ["basicConstraints=CA:TRUE", "keyUsage=digitalSignature"] }),
      ),
      exitrd: "usage",
      openssl: "refused",
    },
    {
      name: "a CA that is none",
      ...under(below("No CA", {})),
      exitrd: "usage",
      openssl: "refused",
    },
    {
      name: "a CA without constraints",
      ...under(ca("Bare CA", { extensions: ["keyUsage=keyCertSign"] })),
      exitrd: "usage",
      openssl: "refused",
    },
    { name: "a CA of version 1", ...under(versionOne), exitrd: "usage", openssl: "refused" },
    {
      name: "a leaf of version 1",
      ...changed(withoutExtensions),
      exitrd: "accepted",
      openssl: "accepted",
    },
    {
      name: "a leaf below a CA that allows no other",
      ...under(short),
      exitrd: "accepted",
      openssl: "accepted",
    },
    {
      name: "a CA below one that allows none",
      signer: make("Long", { issuer: belowShort }),
      chain: [belowShort, short],
      anchors: [root],
      exitrd: "path-length",
      openssl: "refused",
    },
    // Who is trusted.
    {
      name: "an impostor of the root's name",
      signer: leaf,
      anchors: [impostor],
      exitrd: "untrusted",
      openssl: "refused",
    },
    {
      name: "an impostor beside the root",
      signer: leaf,
      anchors: [impostor, root],
      exitrd: "accepted",
      openssl: "accepted",
    },
    {
      name: "a trusted leaf",
      signer: leaf,
      anchors: [leaf],
      exitrd: "accepted",
      openssl: "accepted",
    },
    {
      name: "a trusted leaf as an issuer",
      signer: make("Under end", { issuer: endEntity }),
      anchors: [endEntity],
      exitrd: "usage",
      openssl: "refused",
    },
    {
      name: "a trusted CA, above which nothing is",
      signer: deep,
      chain: [between],
      anchors: [between],
      exitrd: "accepted",
      openssl: "accepted",
    },
    {
      name: "a trusted CA, and above it one that leads nowhere",
      signer: deep,
      chain: [between, sub],
      anchors: [between],
      exitrd: "stray-certificate",
      openssl: "accepted",
    },
    { name: "nobody trusted", signer: leaf, anchors: [], exitrd: "untrusted", openssl: "refused" },
    {
      name: "a revoked leaf",
      signer: leaf,
      anchors: [root],
      revoked: [leaf],
      exitrd: "revoked",
      openssl: undefined,
    },
    {
      name: "a revoked CA",
      signer: leaf,
      anchors: [root],
      revoked: [root],
      exitrd: "revoked",
      openssl: undefined,
    },
    {
      name: "a revoked CA above a trusted one",
      signer: deep,
      chain: [between],
      anchors: [between],
      revoked: [sub],
      exitrd: "revoked",
      openssl: undefined,
    },
    {
      name: "a revoked key with another certificate",
      signer: reissue(openssl, leaf, root, (members) => members.with(1, encodeInteger(77n))),
      anchors: [root],
      revoked: [leaf],
      exitrd: "revoked",
      openssl: undefined,
    },
    // Encoding.
    {
      name: "SHA-1",
      signer: below("Weak", { hash: "sha1" }),
      anchors: [root],
      exitrd: "weak",
      openssl: "accepted",
    },
    {
      name: "a negative serial number",
      ...withSerial(encodeDer(2, Uint8Array.of(0x80, 1))),
      exitrd: "accepted",
      openssl: "accepted",
    },
    {
      name: "a serial number of zero",
      ...withSerial(encodeInteger(0n)),
      exitrd: "accepted",
      openssl: "accepted",
    },
    {
      name: "a serial number of 60 bytes",
      ...withSerial(encodeInteger(1n << 470n)),
      exitrd: "accepted",
      openssl: "accepted",
    },
    {
      name: "another algorithm inside",
      ...replaced((members) =>
        members.with(
          2,
          encodeDer(0x30, encodeDer(6, Buffer.from("2a864886f70d01010c", "hex")), encodeDer(5)),
        ),
      ),
      exitrd: "bad-certificate",
      openssl: "refused",
    },
    {
      name: "extensions twice",
      ...replaced((members) => [...members, ...members.filter((one) => one[0] === EXTENSIONS)]),
      exitrd: "bad-certificate",
      openssl: "refused",
    },
    {
      name: "an extension twice",
      ...replaced((members) => members.map(doubleExtension)),
      exitrd: "bad-certificate",
      openssl: "refused",
    },
    {
      name: "no dates",
      ...replaced((members) => members.with(4, encodeDer(0x30))),
      exitrd: "malformed",
      openssl: "refused",
    },
    {
      name: "a key without parameters",
      ...replaced((members) =>
        members.with(
          6,
          withAlgorithm(members[6], (one) => one.slice(0, 1)),
        ),
      ),
      exitrd: "unsupported",
      openssl: "accepted",
    },
    {
      name: "a key with parameters of another kind",
      ...replaced((members) =>
        members.with(
          6,
          withAlgorithm(members[6], (one) => [...one.slice(0, 1), encodeDer(4)]),
        ),
      ),
      exitrd: "unsupported",
      openssl: "accepted",
    },
  ];
  return cases.map(({ name, signer, chain = [], embedded, ...verdicts }) => {
    const more = chain.length === 0 ? [] : ["-certfile", openssl.bundle(chain)];
    const made = openssl.sign(content, signer, "-md", "sha256", ...more);
    const signature = embedded === undefined ? made : withCertificate(made, readDer(embedded));
    return { name: `certificates: ${name}`, signature, content, ...verdicts };
  });
}

/** The DER of a certificate, which exitrd need not be able to read. */
function readDer({ cert }: Identity): Uint8Array {
  const [der] = parsePem(readFileSync(cert, "latin1")) ?? [];
  if (der === undefined) throw new Error(`no PEM: ${cert}`);
  return der;
}
