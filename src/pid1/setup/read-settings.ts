import { readOrEmpty } from "../../port/best-effort.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Reader } from "../../port/teardown.ts";
import { parseConfig } from "../../teardown/settings/parse-config.ts";
import { type Parameters, parseParameters } from "../../teardown/settings/parse-parameters.ts";
import { besideOf, configPath } from "../../text/tree-paths.ts";

// Inside the tree, or next to a sealed one.
const CONFIGS = [`/${configPath}`, `${besideOf("")}/${configPath}`];

/**
 * The kernel command line overrides the one file that the loader wrote into this tree. The loader has
 * already reported problems in the host's files.
 */
export function readSettings(reader: Reader): Parameters {
  const texts = CONFIGS.map((path) => ({ path, text: attempt(() => reader.readText(path)) }));
  const found = texts.find(({ text }) => text !== undefined);
  const { settings } = parseConfig([{ path: found?.path ?? "", text: found?.text ?? "" }]);
  const parameters = parseParameters(readOrEmpty("/proc/cmdline", reader));
  return { ...parameters, settings: { ...settings, ...parameters.settings } };
}
