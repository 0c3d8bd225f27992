import { parseConfig } from "../core/parse/config.ts";
import { type Parameters, parseParameters } from "../core/parse/parameters.ts";
import { besideOf, configPath } from "../core/tree-paths.ts";
import type { Reader } from "../port/reader.ts";
import { attempt } from "../port/sys-error.ts";

// In the tree, or beside a sealed one.
const CONFIGS = [`/${configPath}`, `${besideOf("")}/${configPath}`];

/**
 * What was asked for: the kernel command line over the one file that the loader
 * wrote into this tree. What was wrong in the host's files it has told.
 */
export function readSettings(reader: Reader): Parameters {
  const texts = CONFIGS.map((path) => ({ path, text: attempt(() => reader.readText(path)) }));
  const found = texts.find(({ text }) => text !== undefined);
  const { settings } = parseConfig([{ path: found?.path ?? "", text: found?.text ?? "" }]);
  const parameters = parseParameters(attempt(() => reader.readText("/proc/cmdline")) ?? "");
  return { ...parameters, settings: { ...settings, ...parameters.settings } };
}
