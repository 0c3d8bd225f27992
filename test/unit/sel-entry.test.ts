import { expect, test } from "vitest";
import { VERDICTS } from "../../src/teardown/record/record.ts";
import { encodeSelEntry } from "../../src/teardown/record/sel-entry.ts";
import type { Verb } from "../../src/teardown/verb.ts";

const verbs: readonly Verb[] = ["reboot", "poweroff", "halt", "kexec"];

test("an entry has the fields of a system event, in the order of table 32-1 of IPMI 2.0", () => {
  const entry = encodeSelEntry({ verdict: "degraded", verb: "poweroff" });
  expect(entry.length).toBe(16);
  const view = new DataView(entry.buffer);
  expect({
    recordId: view.getUint16(0, true),
    recordType: view.getUint8(2),
    timestamp: view.getUint32(3, true),
    generator: view.getUint8(7),
    channelAndLun: view.getUint8(8),
    eventRevision: view.getUint8(9),
    sensorType: view.getUint8(10),
    sensorNumber: view.getUint8(11),
    eventType: view.getUint8(12),
    eventData: [...entry.subarray(13)],
  }).toEqual({
    // The BMC fills in the two numbers.
    ...{ recordId: 0, timestamp: 0 },
    recordType: 2,
    // 7-bit ID 20h, system management software, and the bit that marks software.
    ...{ generator: 0x41, channelAndLun: 0, eventRevision: 4 },
    // OS Stop / Shutdown, an asserted event that is specific to that type of sensor.
    ...{ sensorType: 0x20, sensorNumber: 0, eventType: 0x6f },
    // Offset 2, graceful stop; the other two bytes have a meaning of our own: degraded, poweroff.
    eventData: [0xa2, 2, 2],
  });
});

test("only a clean shutdown is a graceful one in the words of ipmitool", () => {
  const offsets = VERDICTS.map((verdict) => encodeSelEntry({ verdict, verb: "reboot" })[13]);
  expect(offsets).toEqual([0xa3, 0xa2, 0xa2]);
});

test("verdict and verb can be read from the entry, and none of them is 0 or 0xff", () => {
  const pairs = VERDICTS.flatMap((verdict) =>
    verbs.map((verb) => [...encodeSelEntry({ verdict, verb }).subarray(14)]),
  );
  expect(new Set(pairs.map(String)).size).toBe(VERDICTS.length * verbs.length);
  expect(pairs.flat().every((byte) => byte > 0 && byte < 0xff)).toBe(true);
});
