import { readPstore } from "../observe/read-pstore.ts";
import type { Reader } from "../port/teardown.ts";
import { type Checked, refuse } from "../text/checked.ts";
import type { RecordStore } from "../text/policies.ts";
import type { Tried } from "./choose-place.ts";
import { PSTORE_DIR } from "./read-logged.ts";

/** The backend of pstore that takes the record if no place does; undefined if there is none. */
export function findPstore(
  stores: readonly RecordStore[],
  reader: Pick<Reader, "readText">,
): Checked<string, Tried> | undefined {
  const found = stores.includes("pstore") ? readPstore(reader) : undefined;
  if (found?.ok !== false) return found;
  return refuse({ where: PSTORE_DIR, problem: found.problem });
}
