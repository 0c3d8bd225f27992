import { createHash, sign as signData } from "node:crypto";
import type { DerNode } from "../../../src/image/sign/read-der.ts";
import { encodeDer, encodeInteger, parseDer, rewriteDer } from "../../fake/der.ts";
import { caExtensions, type Identity, type OpenSsl } from "../../fake/openssl.ts";
import { editData, editNode, editSigner, keyOf, withValue } from "./forge.ts";
import type { Oddity } from "./oddity.ts";

type Row = readonly [
  name: string,
  signature: Uint8Array,
  exitrd: string,
  openssl: Oddity["openssl"],
  content?: Uint8Array,
];

const SET = 0x31;
const ATTRIBUTES = 0xa0;
const UNSIGNED = 0xa1;
const sequence = (...parts: readonly Uint8Array[]) => encodeDer(0x30, ...parts);
const set = (...parts: readonly Uint8Array[]) => encodeDer(SET, ...parts);
const octets = (bytes: Uint8Array) => encodeDer(4, bytes);
/** An OBJECT IDENTIFIER with this content. */
const oid = (hex: string) => encodeDer(6, Buffer.from(hex, "hex"));
const dataType = oid("2a864886f70d010701");
const encryptedType = oid("2a864886f70d010706");
const contentType = oid("2a864886f70d010903");
const messageDigest = oid("2a864886f70d010904");
const otherAttribute = oid("2a0304");
const sha256Name = oid("608648016503040201");
const sha256 = sequence(sha256Name);
const rsa = "2a864886f70d010101";

/** The content of the ContentInfo. */
function findContent(message: DerNode): DerNode {
  const content = message.children[1];
  if (content === undefined) throw new Error("no content");
  return content;
}

function withAlgorithm(signature: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  return editSigner(signature, (members) => members.with(4, sequence(...parts)));
}

/** Messages with parts that are missing, repeated, in another order, or of another kind. */
export function listMessageOddities(openssl: OpenSsl): readonly Oddity[] {
  const content = Buffer.from("an image\n");
  const key = "rsa:2048";
  const root = openssl.identity("Root", { key });
  const middle = openssl.identity("Middle", { key, issuer: root, extensions: caExtensions });
  const leaf = openssl.identity("Leaf", { key, issuer: middle });
  const stranger = openssl.identity("Stranger", { key });
  const sign = (...more: readonly string[]) =>
    openssl.sign(content, leaf, "-md", "sha256", "-certfile", middle.cert, ...more);
  const good = sign();
  const bare = sign("-noattr");
  const parts = readParts(good);
  const certificate = (one: Identity) => openssl.certificate(one).der;
  const [leafDer, middleDer, strangerDer] = [leaf, middle, stranger].map(certificate);
  if (!leafDer || !middleDer || !strangerDer) throw new Error("no certificates");
  const withCertificates = (...list: readonly Uint8Array[]) =>
    editData(good, (members) =>
      members.map((one) => (one[0] === ATTRIBUTES ? encodeDer(ATTRIBUTES, ...list) : one)),
    );
  /** With these attributes, and signed again over them by the leaf's key. */
  const withAttributes = (...list: readonly Uint8Array[]) => {
    const value = signData("sha256", set(...list), keyOf(leaf));
    const changed = editSigner(good, (members) =>
      members.map((one) => (one[0] === ATTRIBUTES ? encodeDer(ATTRIBUTES, ...list) : one)),
    );
    return withValue(changed, value);
  };
  const digest = createHash("sha256").update(content).digest();
  const [type, digestOf] = [
    sequence(contentType, set(dataType)),
    sequence(messageDigest, set(octets(digest))),
  ];
  const otherType = sequence(contentType, set(encryptedType));
  const stripped = editSigner(good, (members) => members.filter((one) => one[0] !== ATTRIBUTES));
  const asContent = Uint8Array.of(SET, ...(parts.attributes?.subarray(1) ?? []));
  const withContent = (hex: string, ...more: readonly Uint8Array[]) =>
    editData(good, (members) =>
      members.map((one, i) => (i === 2 ? sequence(oid(hex), ...more) : one)),
    );
  const data = "2a864886f70d010701";

  const rows: readonly Row[] = [
    ["a chain of three", good, "accepted", "accepted"],
    ["a chain of three without attributes", bare, "accepted", "accepted"],
    // What is signed.
    ["attributes taken for content", stripped, "malformed", "accepted", asContent],
    ["attributes taken out", stripped, "bad-signature", "refused"],
    [
      "an empty set of attributes",
      editSigner(bare, (members) => members.toSpliced(3, 0, encodeDer(ATTRIBUTES))),
      "malformed",
      "refused",
    ],
    ["two attributes, signed again", withAttributes(type, digestOf), "accepted", "accepted"],
    ["no type among the attributes", withAttributes(digestOf), "malformed", "refused"],
    ["no digest among the attributes", withAttributes(type), "malformed", "refused"],
    [
      "another type among the attributes",
      withAttributes(otherType, digestOf),
      "malformed",
      "accepted",
    ],
    ["the type twice", withAttributes(type, type, digestOf), "malformed", "refused"],
    ["the digest twice", withAttributes(type, digestOf, digestOf), "malformed", "refused"],
    [
      "two digests in one attribute",
      withAttributes(type, sequence(messageDigest, set(octets(digest), octets(digest)))),
      "malformed",
      "refused",
    ],
    [
      "a digest that is no OCTET STRING",
      withAttributes(type, sequence(messageDigest, set(encodeDer(0x0c, digest)))),
      "malformed",
      "refused",
    ],
    [
      "a digest that is cut off",
      withAttributes(type, sequence(messageDigest, set(octets(digest.subarray(0, 20))))),
      "other-content",
      "refused",
    ],
    [
      "attributes in another order",
      editSigner(good, (members) =>
        members.map((one) =>
          one[0] === ATTRIBUTES ? encodeDer(ATTRIBUTES, ...membersOf(one).toReversed()) : one,
        ),
      ),
      "bad-signature",
      "refused",
    ],
    [
      "an unsigned attribute",
      editSigner(good, (members) => [
        ...members,
        encodeDer(UNSIGNED, sequence(otherAttribute, set(octets(digest)))),
      ]),
      "malformed",
      "accepted",
    ],
    [
      "an empty set of unsigned attributes",
      editSigner(good, (members) => [...members, encodeDer(UNSIGNED)]),
      "malformed",
      "accepted",
    ],
    // Who signed.
    [
      "no signer",
      editData(good, (members) => [...members.slice(0, -1), set()]),
      "signers",
      "refused",
    ],
    [
      "the same signer twice",
      editData(good, (members) => [...members.slice(0, -1), set(parts.signer, parts.signer)]),
      "signers",
      "accepted",
    ],
    [
      "a stranger as a second signer",
      openssl.sign(
        content,
        leaf,
        "-certfile",
        middle.cert,
        "-signer",
        stranger.cert,
        "-inkey",
        stranger.key,
      ),
      "signers",
      "refused",
    ],
    [
      "an empty set of certificates, where it has none",
      editData(openssl.sign(content, root, "-nocerts"), (members) =>
        members.toSpliced(3, 0, encodeDer(ATTRIBUTES)),
      ),
      "malformed",
      "refused",
    ],
    ["no certificate", withCertificates(), "malformed", "refused"],
    [
      "no field for certificates",
      editData(good, (members) => members.filter((one) => one[0] !== ATTRIBUTES)),
      "no-certificate",
      "refused",
    ],
    ["no intermediate certificate", withCertificates(leafDer), "untrusted", "refused"],
    [
      "a certificate twice",
      withCertificates(leafDer, middleDer, middleDer),
      "stray-certificate",
      "accepted",
    ],
    [
      "the signer's certificate twice",
      withCertificates(leafDer, leafDer, middleDer),
      "stray-certificate",
      "accepted",
    ],
    ["the chain in another order", withCertificates(middleDer, leafDer), "accepted", "accepted"],
    [
      "a stranger's certificate first",
      withCertificates(strangerDer, leafDer, middleDer),
      "stray-certificate",
      "accepted",
    ],
    [
      "a stranger's certificate last",
      withCertificates(leafDer, middleDer, strangerDer),
      "stray-certificate",
      "accepted",
    ],
    [
      "an attribute certificate",
      withCertificates(leafDer, middleDer, encodeDer(0xa2, ...membersOf(leafDer))),
      "malformed",
      "accepted",
    ],
    [
      "another kind of certificate",
      withCertificates(leafDer, middleDer, encodeDer(0xa3, otherAttribute, octets(digest))),
      "bad-certificate",
      "accepted",
    ],
    [
      "a revocation list",
      editData(good, (members) => [
        ...members.slice(0, -1),
        encodeDer(0xa1, makeCrl(openssl, root)),
        ...members.slice(-1),
      ]),
      "malformed",
      "accepted",
    ],
    [
      "an empty set of revocation lists",
      editData(good, (members) => [...members.slice(0, -1), encodeDer(0xa1), ...members.slice(-1)]),
      "malformed",
      "accepted",
    ],
    [
      "other revocation information",
      editData(good, (members) => [
        ...members.slice(0, -1),
        encodeDer(0xa1, encodeDer(0xa1, otherAttribute, octets(digest))),
        ...members.slice(-1),
      ]),
      "malformed",
      "accepted",
    ],
    // Content type, versions and digests.
    [
      "the content inside",
      withContent(data, encodeDer(0xa0, octets(content))),
      "attached",
      "accepted",
    ],
    [
      "empty content inside",
      withContent(data, encodeDer(0xa0, octets(new Uint8Array(0)))),
      "attached",
      "accepted",
    ],
    ["another type of content", withContent("2a864886f70d010706"), "malformed", "accepted"],
    [
      "another type of message",
      editNode(
        good,
        (top) => top,
        (members) => [encryptedType, ...members.slice(1)],
      ),
      "malformed",
      "refused",
    ],
    [
      "version 0",
      editData(good, (members) => [encodeInteger(0n), ...members.slice(1)]),
      "malformed",
      "accepted",
    ],
    [
      "version 3 of the message",
      editData(good, (members) => [encodeInteger(3n), ...members.slice(1)]),
      "malformed",
      "accepted",
    ],
    [
      "version 3 of the signer",
      editSigner(good, (members) => [encodeInteger(3n), ...members.slice(1)]),
      "malformed",
      "accepted",
    ],
    [
      "no digest in the list",
      editData(good, (members) => members.with(1, set())),
      "malformed",
      "refused",
    ],
    [
      "two digests in the list",
      editData(good, (members) =>
        members.with(1, set(sha256, sequence(oid("608648016503040202")))),
      ),
      "malformed",
      "accepted",
    ],
    [
      "another digest in the list",
      editData(good, (members) => members.with(1, set(sequence(oid("608648016503040202"))))),
      "malformed",
      "refused",
    ],
    [
      "an algorithm that names another digest",
      editSigner(good, (members) =>
        members.map((one, i) =>
          i === 4 ? sequence(oid("2a864886f70d01010c"), encodeDer(5)) : one,
        ),
      ),
      "malformed",
      "accepted",
    ],
    [
      "data behind the SignedData",
      editNode(good, findContent, (members) => [...members, octets(digest)]),
      "malformed",
      "refused",
    ],
    // RFC 5754 allows more than one encoding of these, and they are not signed.
    ["an algorithm without its NULL", withAlgorithm(good, oid(rsa)), "accepted", "accepted"],
    [
      "an algorithm that names the same digest",
      withAlgorithm(good, oid("2a864886f70d01010b"), encodeDer(5)),
      "accepted",
      "accepted",
    ],
    [
      "a digest with a NULL",
      editSigner(good, (members) => members.with(2, sequence(sha256Name, encodeDer(5)))),
      "accepted",
      "accepted",
    ],
    // Encoding.
    ["a byte behind it", Buffer.concat([good, Buffer.of(0)]), "trailing", "accepted"],
    ["its last byte missing", good.subarray(0, -1), "not-der", "refused"],
    [
      "an indefinite length",
      Buffer.concat([Buffer.of(0x30, 0x80), parseDer(good).content, Buffer.of(0, 0)]),
      "not-der",
      "accepted",
    ],
    ["a length with a leading zero", lengthen(good), "not-der", "accepted"],
    [
      "a value in two pieces",
      rewriteDer(parseDer(bare), (node) =>
        node.tag === 4 && node.content.length === 256
          ? encodeDer(
              0x24,
              octets(node.content.subarray(0, 128)),
              octets(node.content.subarray(128)),
            )
          : undefined,
      ),
      "not-der",
      "accepted",
    ],
    [
      "in PEM",
      openssl.run(
        "cms",
        "-sign",
        "-binary",
        "-in",
        openssl.file(content),
        "-inkey",
        leaf.key,
        "-signer",
        leaf.cert,
        "-outform",
        "PEM",
      ),
      "not-der",
      "refused",
    ],
    ["nothing", new Uint8Array(0), "not-der", "refused"],
    ["a certificate in its place", leafDer, "malformed", "refused"],
  ];
  return rows.map(([name, signature, exitrd, verdict, own]) => ({
    name: `a message with ${name}`,
    ...{ signature, exitrd, content: own ?? content, anchors: [root], openssl: verdict },
  }));
}

/** Messages with weak or foreign algorithms, each under a trusted certificate of its own. */
export function listAlgorithmOddities(openssl: OpenSsl): readonly Oddity[] {
  const content = Buffer.from("an image\n");
  const rsa = openssl.identity("RSA", { key: "rsa:2048", extensions: [] });
  const small = openssl.identity("Small", { key: "rsa:1024", extensions: [] });
  const make = (name: string, ...options: readonly string[]): Identity => {
    const [key, cert] = [openssl.file(""), openssl.file("")];
    openssl.run("genpkey", ...options, "-out", key);
    const days = ["-days", "30000"];
    openssl.run("req", "-x509", "-key", key, "-subj", `/CN=${name}`, ...days, "-out", cert);
    return { key, cert };
  };
  const curve = (name: string, ...more: readonly string[]) =>
    make(name, "-algorithm", "EC", "-pkeyopt", `ec_paramgen_curve:${name}`, ...more);
  const explicit = curve("P-256", "-pkeyopt", "ec_param_enc:explicit");
  const compressed = makeCompressed(openssl, curve("P-256").key);
  const rows: readonly (readonly [
    string,
    Identity,
    readonly string[],
    string,
    Oddity["openssl"],
  ])[] = [
    ["MD5", rsa, ["-md", "md5"], "weak", "accepted"],
    ["SHA-1", rsa, ["-md", "sha1"], "weak", "accepted"],
    ["SHA-224", rsa, ["-md", "sha224"], "weak", "accepted"],
    ["SHA3-256", rsa, ["-md", "sha3-256"], "unsupported", "accepted"],
    ["SHA-512/256", rsa, ["-md", "sha512-256"], "unsupported", "accepted"],
    [
      "RSASSA-PSS",
      rsa,
      ["-md", "sha256", "-keyopt", "rsa_padding_mode:pss"],
      "unsupported",
      "accepted",
    ],
    ["RSA of 1024 bits", small, ["-md", "sha256"], "weak", "accepted"],
    ["secp224r1", curve("secp224r1"), ["-md", "sha256"], "unsupported", "accepted"],
    ["secp256k1", curve("secp256k1"), ["-md", "sha256"], "unsupported", "accepted"],
    ["brainpoolP256r1", curve("brainpoolP256r1"), ["-md", "sha256"], "unsupported", "accepted"],
    ["a compressed point of P-256", compressed, ["-md", "sha256"], "unsupported", "accepted"],
    ["explicit parameters of P-256", explicit, ["-md", "sha256"], "unsupported", "accepted"],
  ];
  return rows.map(([name, signer, options, exitrd, verdict]) => ({
    name: `a signature by ${name}`,
    signature: openssl.sign(content, signer, ...options),
    ...{ content, anchors: [signer], exitrd, openssl: verdict },
  }));
}

/** A certificate for the same key, whose point has one coordinate and a sign. */
function makeCompressed(openssl: OpenSsl, from: string): Identity {
  const [key, cert] = [openssl.file(""), openssl.file("")];
  openssl.run("ec", "-in", from, "-conv_form", "compressed", "-out", key);
  const days = ["-days", "30000"];
  openssl.run("req", "-x509", "-key", key, "-subj", "/CN=Short", ...days, "-out", cert);
  return { key, cert };
}

/** Messages that would take much memory or time. */
export function listLargeOddities(openssl: OpenSsl): readonly Oddity[] {
  const content = Buffer.from("an image\n");
  const signer = openssl.identity("Signer", { extensions: [] });
  const good = openssl.sign(content, signer);
  const behind = (bytes: Uint8Array) => editData(good, (members) => [...members, bytes]);
  const nest = (tag: number, depth: number, prefix = new Uint8Array(0)) => {
    let value: Uint8Array = new Uint8Array(0);
    for (let i = 0; i < depth; i++) value = encodeDer(tag, prefix, value);
    return value;
  };
  const many = (bytes: Uint8Array, count: number) =>
    sequence(...Array.from({ length: count }, () => bytes));
  const zero = Uint8Array.of(0);
  const rows: readonly (readonly [string, Uint8Array, string])[] = [
    ["more than 64 KiB", behind(octets(Buffer.alloc(65_536))), "malformed"],
    ["30 nested SEQUENCEs", behind(nest(0x30, 30)), "not-der"],
    ["10,000 nested SEQUENCEs", behind(nest(0x30, 10_000)), "not-der"],
    ["10,000 nested OCTET STRINGs", behind(nest(4, 10_000)), "malformed"],
    ["10,000 nested BIT STRINGs", behind(nest(3, 10_000, zero)), "malformed"],
    ["5,000 values", behind(many(encodeDer(5), 5_000)), "not-der"],
    ["3,500 values", behind(many(encodeDer(5), 3_500)), "malformed"],
    ["an OBJECT IDENTIFIER of 60 KB", behind(encodeDer(6, Buffer.alloc(60_000, 1))), "malformed"],
    [
      "a digest's name of 60 KB",
      editData(good, (members) =>
        members.with(1, set(sequence(encodeDer(6, Buffer.alloc(60_000, 1))))),
      ),
      "malformed",
    ],
    [
      "a signer's serial number of 60 KB",
      editSigner(good, (members) =>
        members.with(1, sequence(sequence(), encodeDer(2, Buffer.alloc(60_000, 1)))),
      ),
      "no-certificate",
    ],
    ["a value of 60 KB", withValue(good, Buffer.alloc(60_000, 1)), "bad-signature"],
  ];
  return rows.map(([name, signature, exitrd]) => ({
    name: `a message with ${name}`,
    ...{ signature, content, anchors: [signer], exitrd, openssl: "refused" },
  }));
}

function readParts(signature: Uint8Array) {
  const data = parseDer(signature).children[1]?.children[0];
  const signer = data?.children.at(-1)?.children[0];
  if (signer === undefined) throw new Error("no signer");
  const attributes = signer.children.find(({ tag }) => tag === ATTRIBUTES)?.bytes;
  return { signer: signer.bytes, attributes };
}

function membersOf(der: Uint8Array): readonly Uint8Array[] {
  return parseDer(der).children.map(({ bytes }) => bytes);
}

/** The value with its length encoded in one byte more than necessary. */
function lengthen(der: Uint8Array): Uint8Array {
  const { content } = parseDer(der);
  const length = [content.length >> 16, (content.length >> 8) & 0xff, content.length & 0xff];
  return Buffer.concat([Buffer.of(0x30, 0x83, ...length), content]);
}

function makeCrl(openssl: OpenSsl, issuer: Identity): Uint8Array {
  const config = openssl.file(
    `[ca]\ndefault_ca=c\n[c]\ndatabase=${openssl.file("")}\ndefault_md=sha256\n`,
  );
  const pem = openssl.file("");
  const by = ["-keyfile", issuer.key, "-cert", issuer.cert];
  openssl.run("ca", "-gencrl", "-config", config, "-crldays", "3650", ...by, "-out", pem);
  return openssl.run("crl", "-in", pem, "-outform", "DER");
}
