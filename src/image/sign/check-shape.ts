import type { DerNode } from "./read-der.ts";

/**
 * Whether a CMS message (RFC 5652, 5) has the required tags outside the signed part. After an
 * optional field, the library that parses it also accepts a SEQUENCE of another class.
 */
export function hasSignatureShape(message: DerNode): boolean {
  const [data, excess] = message.children[1]?.children ?? [];
  if (data === undefined || excess !== undefined) return false;
  if (!/^30 06 a0$/.test(tagsOf(message))) return false;
  if (!/^30 02 31 30( a0)? 31$/.test(tagsOf(data))) return false;
  const [, digests, content] = data.children;
  const signers = data.children.at(-1)?.children ?? [];
  if (content === undefined || !/^30 06( a0)?$/.test(tagsOf(content))) return false;
  return digests?.children.every(isAlgorithm) === true && signers.every(isSigner);
}

function isSigner(signer: DerNode): boolean {
  const [, id, digest, attributes, ...rest] = signer.children;
  const algorithm = attributes?.tag === 0xa0 ? rest[0] : attributes;
  if (!/^30 02 (30|80) 30( a0)? 30 04( a1)?$/.test(tagsOf(signer))) return false;
  if (id === undefined || digest === undefined || algorithm === undefined) return false;
  const isNamed = id.tag === 0x80 || /^30 30 02$/.test(tagsOf(id));
  return isNamed && isAlgorithm(digest) && isAlgorithm(algorithm);
}

/** Whether a certificate has the required tags (RFC 5280, 4.1). */
export function hasCertificateShape(certificate: DerNode): boolean {
  const [tbs, algorithm] = certificate.children;
  if (tbs === undefined || algorithm === undefined) return false;
  if (!/^30 30 30 03$/.test(tagsOf(certificate))) return false;
  return /^30( a0)? 02 30 30 30 30 30( a1| 81)?( a2| 82)?( a3)?$/.test(tagsOf(tbs));
}

/** Accepts any parameters; the reader checks them. */
function isAlgorithm(node: DerNode): boolean {
  return /^30 06( [0-9a-f]{2})?$/.test(tagsOf(node));
}

/** The tag of a node, and those of its members. */
function tagsOf({ tag, children }: DerNode): string {
  const tags = [tag, ...children.map((child) => child.tag)];
  return tags.map((one) => one.toString(16).padStart(2, "0")).join(" ");
}
