import type { Claims, Reader } from "../port/teardown.ts";

/** The ports for asking questions that may block. */
export interface AskPorts {
  readonly reader: Reader;
  /** Undefined on a running machine. */
  readonly claims: Claims | undefined;
}
