/*
 * QuickJS 2025.04.26 converts a BigInt to base 2 or 16 with leading zeros if the number begins a
 * new 64-bit word: 261 binary digits for 256 bits. noble-curves derives the size of a field from
 * the number of digits, and would reject every ECDSA key because of its length. This module must be
 * imported before it.
 */
const write = BigInt.prototype.toString;

BigInt.prototype.toString = function (this: bigint, radix?: number): string {
  return write.call(this, radix).replace(/^(-?)0+(?=.)/, "$1");
};
