import { type Paint, paintForTerminal, paintNothing } from "../text/paint.ts";
import { splitWords } from "../text/words.ts";
import type { Arguments, Host, Option } from "./command.ts";
import type { TextForm } from "./envelope/answer.ts";

export const noPagerOption: Option = { name: "--no-pager", help: "Do not start a pager." };

/** How text is shown; systemd's environment variables control it, as for systemctl(1). */
export interface Style {
  /** Undefined if standard output is not a terminal. */
  readonly width: number | undefined;
  readonly paint: Paint;
}

type Terminal = Pick<Host, "columns" | "getenv">;

export function chooseStyle(host: Terminal): Style {
  const width = host.columns();
  return { width, paint: isColored(width !== undefined, host) ? paintForTerminal : paintNothing };
}

/** SYSTEMD_COLORS= decides; otherwise NO_COLOR=, TERM=, and whether it is a terminal. */
function isColored(isTerminal: boolean, { getenv }: Terminal): boolean {
  const asked = getenv("SYSTEMD_COLORS");
  if (asked !== undefined && asked !== "") return !["0", "no", "false", "off"].includes(asked);
  if ((getenv("NO_COLOR") ?? "") !== "" || getenv("TERM") === "dumb") return false;
  return isTerminal;
}

/** A pager is used if standard output is a terminal: SYSTEMD_PAGER=, PAGER=, or less(1). */
export function choosePager(args: Arguments, host: Terminal): TextForm {
  const pager = host.getenv("SYSTEMD_PAGER") ?? host.getenv("PAGER") ?? "less";
  const words = splitWords(pager);
  // As for systemctl(1): a pager needs more than a dumb terminal.
  const isTerminal = host.columns() !== undefined && host.getenv("TERM") !== "dumb";
  const isPaged = isTerminal && !args.flags.has(noPagerOption.name);
  if (!isPaged || words.length === 0 || pager === "cat") return { isEscaped: true };
  return { isEscaped: true, pager: words };
}
