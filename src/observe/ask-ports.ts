import type { Claims, Reader } from "../port/reader.ts";

/** What observing asks with. */
export interface AskPorts {
  readonly reader: Reader;
  /** Undefined on a running machine. */
  readonly claims: Claims | undefined;
}
