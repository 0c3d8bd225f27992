import { readOrEmpty } from "../../port/best-effort.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Reader } from "../../port/teardown.ts";
import { parseConfig } from "../../teardown/settings/parse-config.ts";
import { type Parameters, parseParameters } from "../../teardown/settings/parse-parameters.ts";
import { besideOf, configPath } from "../../text/tree-paths.ts";

/**
 * The kernel command line overrides the one file that the loader wrote into the tree at `root`, or next
 * to a sealed one. The loader has already reported problems in the host's files.
 */
export function readSettings(reader: Reader, root = ""): Parameters {
  const places = [`${root}/${configPath}`, `${besideOf("")}/${configPath}`];
  const texts = places.map((path) => ({ path, text: attempt(() => reader.readText(path)) }));
  const found = texts.find(({ text }) => text !== undefined);
  const { settings } = parseConfig([{ path: found?.path ?? "", text: found?.text ?? "" }]);
  const parameters = parseParameters(readOrEmpty("/proc/cmdline", reader));
  return { ...parameters, settings: { ...settings, ...parameters.settings } };
}
