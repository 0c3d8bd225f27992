/** Monotonic time, in milliseconds since the program began. */
export interface Clock {
  now(): number;
}

/** One that can be made to stand still: what happens meanwhile costs no deadline. */
export interface StoppableClock extends Clock {
  stop(): void;
  go(): void;
}
