import {
  ContentInfo,
  id_data,
  id_signedData,
  SignedData,
  type SignerIdentifier,
} from "@peculiar/asn1-cms";
import { AsnConvert } from "@peculiar/asn1-schema";
import { accept, type Checked, refuse } from "../../text/checked.ts";
import {
  type HashName,
  type KeyKind,
  readHashAlgorithm,
  readSignatureAlgorithm,
} from "./algorithms.ts";
import { hasSignatureShape } from "./check-shape.ts";
import { type DerNode, readDer } from "./read-der.ts";
import type { DerProblem, MessageProblem } from "./signature-problem.ts";
import { readSignedAttributes, type SignedAttributes } from "./signed-attributes.ts";

/** A parsed detached CMS signature with one signer; nothing is verified yet. */
export interface Signature {
  readonly signer: SignerId;
  readonly key: KeyKind;
  readonly hash: HashName;
  /** Absent if the signature is over the content itself. */
  readonly attributes?: SignedAttributes;
  readonly value: Uint8Array;
  /** DER of each certificate inside. */
  readonly certificates: readonly Uint8Array[];
}

/** How a signature names its certificate. */
export type SignerId =
  | { readonly kind: "issuer"; readonly issuer: Uint8Array; readonly serial: Uint8Array }
  | { readonly kind: "key-id"; readonly keyId: Uint8Array };

type Read<T> = Checked<T, DerProblem | MessageProblem>;

/**
 * Reads what `openssl cms -sign -binary` writes (RFC 5652): one signer, detached content, and
 * nothing that is neither signed nor needed, so that every changed byte is noticed.
 */
export function readSignature(der: Uint8Array): Read<Signature> {
  const node = readDer(der);
  if (!node.ok) return node;
  try {
    const message = AsnConvert.parse(der, ContentInfo);
    if (message.contentType !== id_signedData) return malformed("content type");
    const data = AsnConvert.parse(message.content, SignedData);
    const inner = node.value.children[1]?.children[0];
    if (inner === undefined || !hasSignatureShape(node.value)) return malformed("structure");
    return convert(data, inner);
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    return malformed("structure");
  }
}

function malformed(part: string): Read<never> {
  return refuse({ kind: "malformed", part });
}

function convert(data: SignedData, node: DerNode): Read<Signature> {
  const { signerInfos, encapContentInfo, digestAlgorithms } = data;
  const [signer] = signerInfos;
  const signerNode = node.children.at(-1)?.children[0];
  if (signer === undefined || signerNode === undefined || signerInfos.length > 1) {
    return refuse({ kind: "signers", count: signerInfos.length });
  }
  if (encapContentInfo.eContent !== undefined) return refuse({ kind: "attached" });
  if (encapContentInfo.eContentType !== id_data) return malformed("type of what is signed");
  if (data.crls !== undefined) return malformed("revocation list");
  // Even an empty set: otherwise it could be added to any signature without effect.
  if (signerNode.children.some(({ tag }) => tag === 0xa1)) return malformed("unsigned attribute");
  // 1 with issuer and serial, 3 with a key identifier (RFC 5652, 5.1 and 5.3).
  const id = readSignerId(signer.sid, signerNode);
  const version = id?.kind === "issuer" ? 1 : 3;
  if (id === undefined || signer.version !== version) return malformed("signer's version");
  if (data.version !== version) return malformed("version");
  const hash = readHashAlgorithm(signer.digestAlgorithm);
  if (hash.kind !== "known") return refuseAlgorithm(hash);
  const listed = digestAlgorithms.map(readHashAlgorithm);
  if (listed.length !== 1 || listed[0]?.kind !== "known" || listed[0].hash !== hash.hash) {
    return malformed("list of digests");
  }
  const algorithm = readSignatureAlgorithm(signer.signatureAlgorithm);
  if (algorithm.kind !== "known") return refuseAlgorithm(algorithm);
  if ((algorithm.hash ?? hash.hash) !== hash.hash) return malformed("digest algorithm");
  const attributes = readSignedAttributes(signer.signedAttrs, signerNode);
  if (!attributes.ok) return attributes;
  const certificates = node.children.find(({ tag }) => tag === 0xa0);
  if (certificates?.children.length === 0) return malformed("empty set of certificates");
  return accept({
    signer: id,
    key: algorithm.key,
    hash: hash.hash,
    ...(attributes.value === undefined ? {} : { attributes: attributes.value }),
    value: new Uint8Array(signer.signature.buffer),
    certificates: certificates?.children.map(({ bytes }) => bytes) ?? [],
  });
}

function refuseAlgorithm(algorithm: {
  readonly kind: "weak" | "unsupported";
  readonly name: string;
}): Read<never> {
  return refuse({ kind: algorithm.kind, algorithm: algorithm.name });
}

function readSignerId(sid: SignerIdentifier, signer: DerNode): SignerId | undefined {
  const node = signer.children[1];
  if (sid.issuerAndSerialNumber !== undefined) {
    const [issuer, serial] = node?.children ?? [];
    if (issuer === undefined || serial === undefined) return undefined;
    return { kind: "issuer", issuer: issuer.bytes, serial: serial.content };
  }
  return node && { kind: "key-id", keyId: node.content };
}
