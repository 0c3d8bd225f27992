/** Where lines for people go. Never throws: nobody may depend on being heard. */
export interface Console {
  /** One line, without its newline. */
  info(line: string): void;
  /** The same, for what went wrong. */
  warn(line: string): void;
}
