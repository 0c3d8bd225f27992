import type { Config } from "../teardown/settings/parse-config.ts";
import { SETTINGS } from "../teardown/settings/settings.ts";
import { showBytes } from "../text/show-bytes.ts";

// On a busy machine, killing the processes and the last sync take seconds.
const TIGHT_MS = 10_000;

/** Lists warnings about settings that are valid, but may not have the expected effect. */
export function listCautions({ settings, origins }: Pick<Config, "settings" | "origins">) {
  const { timeoutMs = TIGHT_MS } = settings;
  if (timeoutMs >= TIGHT_MS) return [];
  const origin = origins.get("timeoutMs");
  const place = origin === undefined ? "" : `${showBytes(origin.path)}:${origin.line}: `;
  const { key } = SETTINGS.timeoutMs;
  return [`${place}${key}=${timeoutMs}ms may be too short to release anything, using it`];
}
