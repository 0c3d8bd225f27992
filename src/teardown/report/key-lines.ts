import { quote } from "../../text/show-bytes.ts";

/** For a dm-crypt device that is left, but whose volume key was wiped. */
export function wipedKeyLine(name: string): string {
  return `exitrd: ${quote(name)} is left, its key wiped`;
}

/** For a device that may be encrypted, but did not answer or could not be suspended in time. */
export function keptKeyLine(name: string): string {
  return `exitrd: cannot wipe the key of ${quote(name)}: no answer, ignoring`;
}
