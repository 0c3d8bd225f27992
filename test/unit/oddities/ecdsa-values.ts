import { encodeDer, encodeInteger, parseDer } from "../../fake/der.ts";
import type { OpenSsl } from "../../fake/openssl.ts";
import { readValue, withValue } from "./forge.ts";
import type { Oddity } from "./oddity.ts";

/** Of P-256: the order of the group, and the prime of the field. */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const prime = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;

export function listEcdsaOddities(openssl: OpenSsl): readonly Oddity[] {
  const content = Buffer.from("an image\n");
  const signer = openssl.identity("Curve", { extensions: [] });
  const good = openssl.sign(content, signer, "-noattr", "-md", "sha256");
  const value = readValue(good);
  const [r = 0n, s = 0n] = parseDer(value).children.map(({ content: bytes }) =>
    BigInt(`0x${Buffer.from(bytes).toString("hex")}`),
  );
  const pair = (one: Uint8Array, two: Uint8Array, ...more: readonly Uint8Array[]) =>
    encodeDer(0x30, one, two, ...more);
  const numbers = (one: bigint, two: bigint) => pair(encodeInteger(one), encodeInteger(two));
  const raw = (one: bigint, length = 32) =>
    Buffer.from(one.toString(16).padStart(length * 2, "0"), "hex");
  const [intR, intS] = [encodeInteger(r), encodeInteger(s)];
  const accepted = "accepted";
  const values: readonly (readonly [string, Uint8Array, "accepted"?])[] = [
    ["its two numbers as they are", numbers(r, s), accepted],
    // FIPS 186 allows both, and so do X.509 and CMS: only the .p7s differs.
    ["the other s", numbers(r, order - s), accepted],
    ["r of 0", numbers(0n, s)],
    ["s of 0", numbers(r, 0n)],
    ["both of 0", numbers(0n, 0n)],
    ["both of 1", numbers(1n, 1n)],
    ["r of the order", numbers(order, s)],
    ["s of the order", numbers(r, order)],
    ["r of the prime", numbers(prime, s)],
    ["the order added to r", numbers(r + order, s)],
    ["the order added to s", numbers(r, s + order)],
    ["a negative r", pair(encodeDer(2, encodeNegative(r)), intS)],
    ["a negative s", pair(intR, encodeDer(2, encodeNegative(s)))],
    ["a zero before r", pair(encodeDer(2, Buffer.concat([Buffer.of(0), raw(r, 33)])), intS)],
    ["an empty r", pair(encodeDer(2), intS)],
    ["three numbers", pair(intR, intS, intS)],
    ["one number", encodeDer(0x30, intR)],
    ["a byte behind it", Buffer.concat([value, Buffer.of(0)])],
    ["a long length", Buffer.concat([Buffer.of(0x30, 0x81), value.subarray(1)])],
    ["an indefinite length", Buffer.concat([Buffer.of(0x30, 0x80), intR, intS, Buffer.of(0, 0)])],
    ["a SET", encodeDer(0x31, intR, intS)],
    ["raw numbers", Buffer.concat([raw(r), raw(s)])],
    ["nothing", new Uint8Array(0)],
  ];
  return values.map(([name, bytes, verdict]) => ({
    name: `ECDSA with ${name}`,
    signature: withValue(good, bytes),
    ...{ content, anchors: [signer] },
    exitrd: verdict ?? "bad-signature",
    openssl: verdict ?? "refused",
  }));
}

/** In two's complement. */
function encodeNegative(value: bigint): Uint8Array {
  const bits = 272n;
  return Buffer.from(((1n << bits) - value).toString(16), "hex");
}
