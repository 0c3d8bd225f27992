/** The output for people. Never throws: nothing may depend on it. */
export interface Console {
  /** One line, without its newline. */
  info(line: string): void;
  /** The same for a problem. */
  warn(line: string): void;
}
