import type { Console } from "../../src/port/teardown.ts";

/** A console that passes on what a user sees; `show` gets the progress lines. */
export function makeConsole(
  say: (line: string) => void,
  show: (line: string) => void = () => {},
): Console {
  return { info: say, warn: say, verdict: say, debug: () => {}, progress: show };
}
