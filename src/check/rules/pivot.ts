import { treePlace } from "../../text/tree-paths.ts";
import type { ImageFacts, InitFacts } from "../facts.ts";
import type { Finding } from "../finding.ts";

// Releasing takes 80 % of it, or all but 15 s (`divideDeadline`): a slow disk needs seconds.
const SHORTEST_DEADLINE_MS = 15_000;

/** Checks that init will find the tree, execute it, and leave it enough time. */
export function checkPivot(
  image: ImageFacts | undefined,
  init: InitFacts | undefined,
): readonly Finding[] {
  return [
    ...(image?.isNoexec ? [{ kind: "noexec", target: treePlace } as const] : []),
    ...(init === undefined ? [] : [...checkSystemd(init), ...checkOthers(init)]),
    ...checkDeadline(image, init),
  ];
}

/** Before 254.1, its switch_root refused a mount point (systemd 28645). */
function checkSystemd({ systemd }: InitFacts): readonly Finding[] {
  return /^254(?:\.0)?[-~]/.test(systemd) ? [{ kind: "systemd-bug", version: systemd }] : [];
}

/** It fills /run/initramfs when its unit is stopped, that is, at shutdown, if that is empty. */
function checkOthers({ hasFinalrd }: InitFacts): readonly Finding[] {
  if (!hasFinalrd) return [];
  return [{ kind: "other-exitrd", program: "finalrd", unit: "finalrd.service" }];
}

function checkDeadline(
  image: ImageFacts | undefined,
  init: InitFacts | undefined,
): readonly Finding[] {
  const own = image?.settings.timeoutMs;
  const given = init?.stopTimeout;
  const timeoutMs = own ?? given?.ms;
  // 0 and infinity are read as the default of 90 s.
  if (timeoutMs === undefined || timeoutMs === 0 || timeoutMs >= SHORTEST_DEADLINE_MS) return [];
  const source = own === undefined ? `DefaultTimeoutStopSec= in ${given?.file}` : "Timeout=";
  return [{ kind: "short-deadline", timeoutMs, source }];
}
