/** A duration for people: "89 ms", "12.3 s". */
export function formatDuration(ms: number): string {
  return ms < 9_999.5 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** A time since PID 1 started, in seconds with milliseconds, right-aligned to 7 columns. */
export function formatMoment(ms: number): string {
  return (ms / 1000).toFixed(3).padStart(7);
}
