import type { Verb } from "../verb.ts";
import type { ShutdownRecord, Verdict } from "./record.ts";

/** The kernel's interface to the BMC. devtmpfs has it while ipmi_devintf is loaded. */
export const IPMI_DEVICE = "/dev/ipmi0";

/** IPMI 2.0, 31.6, Add SEL Entry: the network function Storage, and the command. */
export const STORAGE = 0x0a;
export const ADD_SEL_ENTRY = 0x44;

// IPMI 2.0, 32.1: the layout of an event record. The BMC fills in the number of the record and the
// time.
const SYSTEM_EVENT = 0x02;
// Table 5-4: system management software. The lowest bit distinguishes software from an address.
const GENERATOR = (0x20 << 1) | 1;
const EVENT_REVISION = 0x04;
// Table 42-3: OS Stop / Shutdown.
const OS_STOP = 0x20;
// No sensor: it is software.
const SENSOR_NUMBER = 0;
// Asserted, and the offset is specific to the type of the sensor.
const SENSOR_SPECIFIC = 0x6f;
// Table 29-6: the bytes 2 and 3 have a meaning of our own.
const OWN_DATA = 0xa0;

// Table 42-3. The words that ipmitool(1) prints have to distinguish a clean shutdown.
const GRACEFUL_STOP = 0x02;
const GRACEFUL_SHUTDOWN = 0x03;

/** Event data 2. */
const VERDICTS: Readonly<Record<Verdict, number>> = { clean: 1, degraded: 2, failed: 3 };
/** Event data 3. */
const VERBS: Readonly<Record<Verb, number>> = { reboot: 1, poweroff: 2, halt: 3, kexec: 4 };

/** Encodes the entry for a shutdown in the system event log (SEL): 16 bytes. */
export function encodeSelEntry({
  verdict,
  verb,
}: Pick<ShutdownRecord, "verdict" | "verb">): Uint8Array {
  const offset = verdict === "clean" ? GRACEFUL_SHUTDOWN : GRACEFUL_STOP;
  return Uint8Array.of(
    ...[0, 0, SYSTEM_EVENT],
    ...[0, 0, 0, 0],
    ...[GENERATOR, 0, EVENT_REVISION],
    ...[OS_STOP, SENSOR_NUMBER, SENSOR_SPECIFIC],
    ...[OWN_DATA | offset, VERDICTS[verdict], VERBS[verb]],
  );
}

/** IPMI 2.0, tables 5-2 and 31-7: why the BMC did not add the entry, in words. */
export function describeCompletion(code: number): string {
  switch (code) {
    case 0x81:
      return "its event log is being erased";
    case 0xc4:
      return "its event log is full: run 'ipmitool sel clear'";
    default:
      return `it returned completion code 0x${code.toString(16).padStart(2, "0")}`;
  }
}
