import { parseLogLevel } from "../../text/log-level.ts";
import { parseTimeSpan } from "../../text/time-span.ts";
import type { ValueForm } from "./setting.ts";

// With less time nothing could be released; with more the machine would seem to hang.
const SHORTEST_MS = 1_000;
export const LONGEST_MS = 86_400_000;

/** In milliseconds. */
export const timeSpan: ValueForm<number> = {
  read: (text) => {
    const span = parseTimeSpan(text);
    if (span === undefined || span < SHORTEST_MS || span > LONGEST_MS) return undefined;
    return Math.round(span);
  },
  format: (spanMs) => `${spanMs}ms`,
  wanted: "a time span from 1 s to 1 day",
};

/** As systemd reads a boolean: man page systemd.syntax(7). */
export const yesOrNo: ValueForm<boolean> = {
  read: (text) => {
    switch (text.toLowerCase()) {
      case "1":
      case "yes":
      case "y":
      case "true":
      case "t":
      case "on":
        return true;
      case "0":
      case "no":
      case "n":
      case "false":
      case "f":
      case "off":
        return false;
      default:
        return undefined;
    }
  },
  format: (value) => (value ? "yes" : "no"),
  wanted: "yes or no",
};

/** A level of syslog(3). */
export const logLevel: ValueForm<number> = {
  read: (text) => parseLogLevel(text.toLowerCase()),
  format: String,
  wanted: "0 to 7 or a name from emerg to debug",
};

/** The PCRs of the operating system: lower ones belong to the firmware, higher ones can be reset. */
export const pcr: ValueForm<number> = {
  read: (text) => (/^(?:[89]|1[0-5])$/.test(text) ? Number(text) : undefined),
  format: String,
  wanted: "a PCR from 8 to 15",
};

/** One of several lower-case words, which a configuration may write in upper case. */
export function chooseFrom<W extends string>(...words: readonly W[]): ValueForm<W> {
  return {
    read: (text) => words.find((word) => word === text.toLowerCase()),
    format: (word) => word,
    wanted: `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`,
  };
}

/** "off", or a value of `form`. */
export function allowOff(form: ValueForm<number>): ValueForm<number | "off"> {
  return {
    read: (text) => (yesOrNo.read(text, undefined) === false ? "off" : form.read(text, undefined)),
    format: (value) => (value === "off" ? value : form.format(value)),
    wanted: `off or ${form.wanted}`,
  };
}
