import { escapeBytes } from "../manifest.ts";
import type { MeasuredItem, MeasuredKind } from "./measurement.ts";

/** The time of a record, in systemd's format. */
export interface EventTime {
  /** 32 lower-case hexadecimal digits. */
  readonly bootId: string;
  /** CLOCK_BOOTTIME in microseconds. */
  readonly microseconds: number;
}

/**
 * One record of systemd's userspace event log: RFC 7464 around the TCG's canonical event
 * log (CEL-JSON) without `recnum` (systemd-pcrphase.service(8), tpm2-util.c).
 *
 * systemd-pcrlock(8) replays records of any content, shows `string` of those with
 * systemd's content type, and ignores an `eventType` that it does not know.
 */
export function formatEventRecord(item: MeasuredItem, time: EventTime): string {
  const { what, name, pcr, digests } = item;
  const content = {
    string: describeContent(what, name),
    bootId: time.bootId,
    timestamp: time.microseconds,
    eventType: `exitrd-${what}`,
  };
  const record = { pcr, digests, content_type: "systemd", content };
  return `\x1e${escapeBytes(JSON.stringify(record))}\n`;
}

/** "image:/usr/lib/exitrd/exitrd.img". For an extension, this string itself is measured. */
export function describeContent(what: MeasuredKind, name: string): string {
  return `${what}:${name}`;
}

/** The time according to /proc/sys/kernel/random/boot_id and /proc/uptime (also CLOCK_BOOTTIME). */
export function parseEventTime(bootId: string, uptime: string): EventTime {
  const seconds = Number(uptime.split(" ")[0]);
  return {
    bootId: bootId.trim().replaceAll("-", ""),
    microseconds: Math.round((Number.isFinite(seconds) ? seconds : 0) * 1_000_000),
  };
}
