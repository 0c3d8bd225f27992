const sector = 512;
const tableSectors = 34;

/** The types of a root partition, its hash tree and its signature, for x86-64. */
export const rootTypes = [
  "4f68bce3-e8cd-4db1-96e7-fbcaf984b709",
  "2c7357ed-ebd2-46d9-aec1-23d437ec2bf5",
  "41092b05-9fc8-4523-994f-2def0408b176",
] as const;
/** The same for a /usr partition. */
export const usrTypes = [
  "8484680c-9521-48c6-9c11-b0720656f69e",
  "77ff5f63-e7b6-4633-acf4-1565b864c0e6",
  "e7bb33fb-06cf-4e81-8273-e543b413e2e2",
] as const;

export interface PartitionContents {
  readonly type: string;
  readonly data: Uint8Array;
}

/** A disk image with a GPT (UEFI), without checksums. */
export function makeDiskImage(partitions: readonly PartitionContents[]): Uint8Array {
  const sizes = partitions.map(({ data }) => Math.ceil(data.length / sector));
  const all = tableSectors + sizes.reduce((sum, size) => sum + size, 0);
  const image = Buffer.alloc(all * sector);
  image.write("EFI PART", sector, "latin1");
  image.writeBigUInt64LE(2n, sector + 72);
  image.writeUInt32LE(128, sector + 80);
  image.writeUInt32LE(128, sector + 84);
  let next = tableSectors;
  for (const [i, { type, data }] of partitions.entries()) {
    const at = 2 * sector + i * 128;
    writeUuid(image, at, type);
    image.writeBigUInt64LE(BigInt(next), at + 32);
    next += sizes[i] ?? 0;
    image.writeBigUInt64LE(BigInt(next - 1), at + 40);
    image.set(data, (next - (sizes[i] ?? 0)) * sector);
  }
  return new Uint8Array(image);
}

function writeUuid(image: Buffer, at: number, text: string): void {
  const bytes = Buffer.from(text.replaceAll("-", ""), "hex");
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  image.set(bytes, at);
}

/** The contents of a signature partition. */
export function makeVeritySignature(rootHash: string, signature: Uint8Array): Uint8Array {
  const text = JSON.stringify({
    rootHash,
    certificateFingerprint: "00".repeat(32),
    signature: Buffer.from(signature).toString("base64"),
  });
  const partition = new Uint8Array(Math.ceil((text.length + 1) / 4096) * 4096);
  partition.set(Buffer.from(text));
  return partition;
}
