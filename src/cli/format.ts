/** Whole KiB, rounded up. */
export function formatKib(bytes: number): string {
  return `${Math.ceil(bytes / 1024)} KiB`;
}
