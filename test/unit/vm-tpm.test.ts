import { expect, test } from "vitest";
import { listDigests, parseEventLog, replay } from "../vm/inspect/event-log.ts";
import { findPcr, parseTpmLog } from "../vm/inspect/tpm-traffic.ts";

// A log of swtpm 0.7: PCR 12 is read twice, PCR 11 once.
const log = ` SWTPM_IO_Read: length 20
${dump("8001000000140000017e00000001000b03001000")}\
 SWTPM_IO_Write: length 62
${dump(`80010000003e000000000000001400000001000b03001000000000010020${"00".repeat(32)}`)}\
 SWTPM_IO_Read: length 20
${dump("8001000000140000017e00000001000b03001000")}\
 SWTPM_IO_Write: length 62
${dump(`80010000003e000000000000001500000001000b03001000000000010020${"12".repeat(32)}`)}\
 SWTPM_IO_Read: length 20
${dump("8001000000140000017e00000001000b03000800")}\
 SWTPM_IO_Write: length 62
${dump(`80010000003e000000000000001500000001000b03000800000000010020${"11".repeat(32)}`)}`;

function dump(hex: string): string {
  const lines = hex.match(/.{1,32}/g) ?? [];
  return lines.map((line) => ` ${line.toUpperCase().replace(/../g, "$& ")}\n`).join("");
}

test("a PCR has the value that the TPM returned last", () => {
  const exchanges = parseTpmLog(log);
  expect(exchanges).toHaveLength(3);
  expect(findPcr(exchanges, 12)).toBe("12".repeat(32));
  expect(findPcr(exchanges, 11)).toBe("11".repeat(32));
  expect(findPcr(exchanges, 13)).toBeUndefined();
});

test("an event log is replayed with TPM extends", () => {
  const digest = "ab".repeat(32);
  const record = (pcr: number) =>
    `\x1e{"pcr":${pcr},"digests":[{"hashAlg":"sha1","digest":"00"},{"hashAlg":"sha256","digest":"${digest}"}]}\n`;
  const records = parseEventLog(`said\n${record(12)}${record(13)}${record(12)}`);
  const digests = listDigests(records, 12);
  expect(digests).toEqual([digest, digest]);
  expect(replay([])).toBe("00".repeat(32));
  // sha256(32 zero bytes, digest), computed by another program.
  expect(replay(digests.slice(1))).toBe(
    "debb3e7acfff6dd18d501042273629f0b79cb206bb8c24f59f62ddb80849403b",
  );
});
