import { escapeBytes } from "../image/manifest.ts";

/** JSON for people and programs: ASCII only, since byte strings are not UTF-8. */
export function formatJson(value: unknown): string {
  return `${escapeBytes(JSON.stringify(value, null, 2))}\n`;
}

/** Whole KiB, rounded up. */
export function formatKib(bytes: number): string {
  return `${Math.ceil(bytes / 1024)} KiB`;
}
