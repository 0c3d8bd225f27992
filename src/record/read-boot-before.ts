import type { Commands } from "../port/loader.ts";
import { toByteString } from "../text/bytes.ts";

/** A boot that the journal knows. */
export interface KnownBoot {
  /** 32 hexadecimal digits. */
  readonly bootId: string;
  /** The time of its last entry, in milliseconds since the epoch. */
  readonly lastAt: number;
}

/** The last entry of the boot before this one, in the export format. */
const ARGUMENTS = [
  ...["--quiet", "--no-pager", "--boot=-1", "--lines=1"],
  ...["--output=export", "--output-fields=_BOOT_ID"],
];

/**
 * The boot before this one, by journalctl(1); undefined if the journal keeps nothing across boots, or
 * if there is none. Takes seconds where the journal is large.
 */
export function readBootBefore(commands: Commands): KnownBoot | undefined {
  const ended = commands.run("journalctl", ARGUMENTS);
  return ended?.status === 0 ? parseExport(toByteString(ended.stdout)) : undefined;
}

/** systemd.io/JOURNAL_EXPORT_FORMATS: a line for each field. */
function parseExport(text: string): KnownBoot | undefined {
  const bootId = /^_BOOT_ID=([0-9a-f]{32})$/m.exec(text)?.[1];
  const microseconds = /^__REALTIME_TIMESTAMP=([0-9]{1,16})$/m.exec(text)?.[1];
  if (bootId === undefined || microseconds === undefined) return undefined;
  return { bootId, lastAt: Math.floor(Number(microseconds) / 1_000) };
}
