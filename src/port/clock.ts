/** Monotonic time, in milliseconds since the program began. */
export interface Clock {
  now(): number;
}

/** A clock that can be stopped: time spent meanwhile does not count towards deadlines. */
export interface StoppableClock extends Clock {
  stop(): void;
  go(): void;
}
