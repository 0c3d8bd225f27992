import { DEFAULT_STORES, RECORD_STORES, type RecordStore } from "../../text/policies.ts";
import { splitWords } from "../../text/words.ts";
import type { ValueForm } from "./setting.ts";

/**
 * "off", or a list of stores in any order: they are tried in the order of `RECORD_STORES`. "auto"
 * stands for those of `DEFAULT_STORES`.
 */
export const recordStores: ValueForm<readonly RecordStore[]> = {
  read: (text) => {
    const given = splitWords(text.toLowerCase().replaceAll(",", " "));
    if (given.length === 1 && given[0] === "off") return [];
    const words = given.flatMap((word) => (word === "auto" ? DEFAULT_STORES : [word]));
    const isKnown = words.every((word) => (RECORD_STORES as readonly string[]).includes(word));
    return isKnown && words.length > 0
      ? RECORD_STORES.filter((store) => words.includes(store))
      : undefined;
  },
  format: (stores) => (stores.length === 0 ? "off" : stores.join(" ")),
  wanted: `off or a list of auto, ${RECORD_STORES.join(", ")}`,
};
