/*
 * QuickJS 2025.04.26 writes a BigInt in base 2 or 16 with zeros before it: of a
 * number that begins a new 64-bit word, 261 binary digits for 256 bits. A field's
 * size is counted from them, and every ECDSA key would be refused for its length.
 * To be imported before what counts.
 */
const write = BigInt.prototype.toString;

BigInt.prototype.toString = function (this: bigint, radix?: number): string {
  return write.call(this, radix).replace(/^(-?)0+(?=.)/, "$1");
};
