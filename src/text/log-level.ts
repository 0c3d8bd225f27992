import { parseDecimal } from "./dev.ts";

const NAMES = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

/** A level of syslog(3), by number or by name; undefined if invalid. */
export function parseLogLevel(text: string): number | undefined {
  const number = parseDecimal(text);
  if (number !== undefined) return number < NAMES.length ? number : undefined;
  const index = NAMES.indexOf(text);
  return index < 0 ? undefined : index;
}
