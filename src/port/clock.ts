/** Monotonic time, in milliseconds since the program began. */
export interface Clock {
  now(): number;
}
