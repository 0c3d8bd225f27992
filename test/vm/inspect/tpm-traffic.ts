/** A command and its response, from swtpm's own log. */
export interface Exchange {
  readonly command: Buffer;
  readonly answer: Buffer;
}

const pcrRead = 0x17e;
const sha256 = 0x000b;

/** Reads swtpm's log of level 20: hexadecimal dumps under "SWTPM_IO_Read" and "SWTPM_IO_Write". */
export function parseTpmLog(log: string): readonly Exchange[] {
  const dumps = [
    ...log.matchAll(/SWTPM_IO_(Read|Write): length \d+\n((?: (?:[0-9A-F]{2} )+\n)*)/g),
  ];
  const exchanges: Exchange[] = [];
  let command: Buffer | undefined;
  for (const [, direction, hex = ""] of dumps) {
    const bytes = Buffer.from(hex.replace(/\s/g, ""), "hex");
    if (direction === "Read") command = bytes;
    else if (command !== undefined) exchanges.push({ command, answer: bytes });
  }
  return exchanges;
}

/** The value of a PCR in the SHA-256 bank, as it was last read from the TPM. */
export function findPcr(exchanges: readonly Exchange[], pcr: number): string | undefined {
  const selection = Buffer.from([0, 0, 0, 1, 0, sha256, 3, 0, 0, 0]);
  selection[7 + (pcr >>> 3)] = 1 << (pcr & 7);
  const found = exchanges.findLast(
    ({ command, answer }) =>
      command.readUInt32BE(6) === pcrRead &&
      command.subarray(10).equals(selection) &&
      answer.readUInt32BE(6) === 0,
  );
  return found?.answer.subarray(-32).toString("hex");
}
