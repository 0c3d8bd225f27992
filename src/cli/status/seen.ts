import type { ChosenImage } from "../../load/choose-image.ts";
import type { NextBoot, Verdict } from "../../load/judge-boot.ts";
import type { BootStatus } from "../../load/read-boot.ts";
import type { LoadStatus } from "../../load/read-status.ts";
import type { Verification } from "../../load/read-verification.ts";
import type { Config } from "../../teardown/settings/parse-config.ts";

/** Everything that was read and judged, before it is rendered as values or lines. */
export interface Seen {
  readonly status: LoadStatus;
  readonly boot: BootStatus;
  readonly chosen: ChosenImage;
  readonly target: string;
  readonly now: Verdict;
  readonly next: NextBoot;
  readonly config: Config;
  /** The contents of /proc/cmdline. */
  readonly commandLine: string;
  readonly verification: Verification;
}
