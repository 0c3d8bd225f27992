import { type DerNode, readDer } from "../../../src/image/sign/read-der.ts";
import { joinBytes } from "../../../src/text/bytes.ts";
import { type Draw, drawFrom } from "./draw.ts";
import { mutateBytes } from "./mutate-bytes.ts";

/** A DER value, parsed down to what is encoded inside an OCTET STRING or a BIT STRING. */
interface Value {
  readonly tag: number;
  /** What precedes the members: the count of unused bits of a BIT STRING. */
  readonly prefix: Uint8Array;
  /** Undefined for a value without members. */
  readonly members: readonly Value[] | undefined;
  readonly content: Uint8Array;
}

const OCTET_STRING = 0x04;
const BIT_STRING = 0x03;
const CONSTRUCTED = 0x20;

/**
 * DER with one to three values removed, doubled, moved or changed, and with the lengths of the values
 * around them corrected. Random changes of bytes rarely get past the DER reader.
 */
export function mutateDer(der: Uint8Array, draw: Draw): Uint8Array {
  let changed = der;
  for (let left = 1 + draw(3); left > 0; left--) {
    const read = readDer(changed);
    if (!read.ok) return changed;
    changed = mutateOnce(open(read.value), draw);
  }
  return changed;
}

function mutateOnce(top: Value, draw: Draw): Uint8Array {
  const all = listValues(top);
  const target = drawFrom(all, draw);
  const other = drawFrom(all, draw);
  const replacement = replace(target, other, draw);
  return encode(top, new Map([[target, replacement]]));
}

/** What replaces `target`. */
function replace(target: Value, other: Value, draw: Draw): Uint8Array {
  const bytes = encode(target, new Map());
  switch (draw(7)) {
    case 0:
      return new Uint8Array(0);
    case 1:
      return joinBytes([bytes, bytes]);
    case 2:
      return encode(other, new Map());
    case 3:
      return joinBytes([encode(other, new Map()), bytes]);
    case 4:
      return encode({ ...target, tag: draw(256) }, new Map());
    default:
      return wrap(target.tag, mutateBytes(target.content, draw));
  }
}

function open({ tag, content, children }: DerNode): Value {
  const none = content.subarray(0, 0);
  if ((tag & CONSTRUCTED) !== 0) {
    return { tag, content, prefix: none, members: children.map(open) };
  }
  const isOpen = tag === OCTET_STRING || (tag === BIT_STRING && content[0] === 0);
  const from = tag === BIT_STRING ? 1 : 0;
  const inner = isOpen ? readDer(content.subarray(from)) : undefined;
  if (!inner?.ok) return { tag, content, prefix: none, members: undefined };
  return { tag, content, prefix: content.subarray(0, from), members: [open(inner.value)] };
}

function listValues(value: Value): readonly Value[] {
  return [value, ...(value.members ?? []).flatMap(listValues)];
}

function encode(value: Value, replaced: ReadonlyMap<Value, Uint8Array>): Uint8Array {
  const own = replaced.get(value);
  if (own !== undefined) return own;
  const { tag, prefix, members, content } = value;
  if (members === undefined) return wrap(tag, content);
  return wrap(tag, joinBytes([prefix, ...members.map((one) => encode(one, replaced))]));
}

function wrap(tag: number, content: Uint8Array): Uint8Array {
  return joinBytes([Uint8Array.of(tag, ...encodeLength(content.length)), content]);
}

function encodeLength(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256);
  return [0x80 + bytes.length, ...bytes];
}
