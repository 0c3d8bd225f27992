import { type DerNode, readDer } from "../../src/image/sign/read-der.ts";

/** One value of DER: its tag, and the bytes of its members or its content. */
export function encodeDer(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  const { length } = content;
  const bytes: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256);
  const head = length < 128 ? [length] : [0x80 + bytes.length, ...bytes];
  return new Uint8Array(Buffer.concat([Uint8Array.of(tag, ...head), content]));
}

/** A non-negative INTEGER, in the shortest form. */
export function encodeInteger(value: bigint): Uint8Array {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  return encodeDer(2, (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Uint8Array.of(0), bytes]));
}

export function parseDer(bytes: Uint8Array): DerNode {
  const node = readDer(bytes);
  if (!node.ok) throw new Error(`no DER at byte ${node.problem.at}`);
  return node.value;
}

/** The same value with some members replaced; all lengths are made right. */
export function rewriteDer(
  node: DerNode,
  replace: (node: DerNode) => Uint8Array | undefined,
): Uint8Array {
  const replaced = replace(node);
  if (replaced !== undefined) return replaced;
  if ((node.tag & 0x20) === 0) return node.bytes;
  return encodeDer(node.tag, ...node.children.map((child) => rewriteDer(child, replace)));
}
