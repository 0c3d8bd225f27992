import { createPrivateKey, type KeyObject, sign as signData } from "node:crypto";
import { readFileSync } from "node:fs";
import type { DerNode } from "../../../src/image/sign/read-der.ts";
import { encodeDer, parseDer, rewriteDer } from "../../fake/der.ts";
import type { Identity, OpenSsl } from "../../fake/openssl.ts";

export type Edit = (members: readonly Uint8Array[]) => readonly Uint8Array[];

/** The SignedData of a CMS message (RFC 5652, 5.1). */
function findData(message: DerNode): DerNode {
  return must(message.children[1]?.children[0]);
}

function findSigner(message: DerNode): DerNode {
  return must(findData(message).children.at(-1)?.children[0]);
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the message has another form");
  return value;
}

/** Changes the members of the SignedData: version, digests, content, [certificates,] signers. */
export function editData(signature: Uint8Array, edit: Edit): Uint8Array {
  return editNode(signature, findData, edit);
}

/** The same of the SignerInfo: version, identifier, digest, [attributes,] algorithm, value. */
export function editSigner(signature: Uint8Array, edit: Edit): Uint8Array {
  return editNode(signature, findSigner, edit);
}

/** Replaces the value of the signature. */
export function withValue(signature: Uint8Array, value: Uint8Array): Uint8Array {
  return editSigner(signature, (members) =>
    members.map((one) => (one[0] === 4 ? encodeDer(4, value) : one)),
  );
}

/** The message with this as its only certificate. */
export function withCertificate(signature: Uint8Array, der: Uint8Array): Uint8Array {
  return editData(signature, (members) =>
    members.map((one) => (one[0] === 0xa0 ? encodeDer(0xa0, der) : one)),
  );
}

export function editNode(
  bytes: Uint8Array,
  find: (top: DerNode) => DerNode,
  edit: Edit,
): Uint8Array {
  const top = parseDer(bytes);
  const target = find(top);
  const members = edit(target.children.map((child) => child.bytes));
  return rewriteDer(top, (node) =>
    node === target ? encodeDer(target.tag, ...members) : undefined,
  );
}

/** The value of the signature. */
export function readValue(signature: Uint8Array): Uint8Array {
  const signer = findSigner(parseDer(signature));
  return must(signer.children.find(({ tag }) => tag === 4)).content;
}

export function keyOf({ key }: Identity): KeyObject {
  return createPrivateKey(readFileSync(key));
}

/**
 * The certificate with other members in its TBSCertificate (RFC 5280, 4.1), signed again by
 * `issuer`: [version,] serial, algorithm, issuer, validity, subject, key, [extensions].
 */
export function reissue(
  openssl: OpenSsl,
  identity: Identity,
  issuer: Identity,
  edit: Edit,
): Identity {
  const [tbs, algorithm] = parseDer(openssl.certificate(identity).der).children;
  if (tbs === undefined || algorithm === undefined) throw new Error("no certificate");
  const changed = encodeDer(0x30, ...edit(tbs.children.map((child) => child.bytes)));
  const value = signData("sha256", changed, keyOf(issuer));
  const bits = encodeDer(3, Uint8Array.of(0), value);
  const der = encodeDer(0x30, changed, algorithm.bytes, bits);
  const base64 = Buffer.from(der).toString("base64").replace(/.{64}/g, "$&\n");
  const pem = `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
  return { key: identity.key, cert: openssl.file(pem) };
}
