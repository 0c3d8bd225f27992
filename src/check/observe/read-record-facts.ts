import { readConfig } from "../../load/read-config.ts";
import { readCommandLine } from "../../load/read-verification.ts";
import type { Digests } from "../../port/loader.ts";
import { choosePlace } from "../../record/choose-place.ts";
import type { PlacePorts } from "../../record/find-place.ts";
import { findPstore } from "../../record/find-pstore.ts";
import { placeProblemLine } from "../../record/place-problem.ts";
import { IPMI_DEVICE } from "../../teardown/record/sel-entry.ts";
import { parseParameters } from "../../teardown/settings/parse-parameters.ts";
import { DEFAULT_STORES } from "../../text/policies.ts";
import type { RecordFacts } from "../facts.ts";

/** Looks for the place as `exitrd record` does, but writes nothing. */
export function readRecordFacts(
  ports: PlacePorts & { readonly digests: Pick<Digests, "sha256"> },
): RecordFacts {
  const { files } = ports;
  const parameters = parseParameters(readCommandLine(files)).settings;
  const stores = { ...readConfig(files).settings, ...parameters }.record ?? DEFAULT_STORES;
  const refuse = (): never => {
    throw new Error("a check writes nothing");
  };
  const { chosen, tried } = choosePlace(stores, false, {
    ...ports,
    writableFiles: { replaceFile: refuse },
  });
  const pstore = findPstore(stores, ports.reader);
  const refused = pstore?.ok === false ? [pstore.problem] : [];
  return {
    // The firmware needs no place; whether it takes a variable shows only when one is written.
    isWanted: stores.some((store) => store !== "efivar" && store !== "ipmi"),
    hasPlace: chosen !== undefined || pstore?.ok === true,
    lacksBmc: stores.includes("ipmi") && files.status(IPMI_DEVICE) === undefined,
    reasons: [...tried, ...refused].map(({ where, problem }) =>
      placeProblemLine(where, problem)
        .replace(/^exitrd: /, "")
        .replace(/, ignoring$/, ""),
    ),
  };
}
