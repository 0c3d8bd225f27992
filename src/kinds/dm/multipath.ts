import { splitWords } from "../../text/words.ts";

/**
 * Whether the table line of a multipath target has the feature queue_if_no_path: "<count>
 * <feature>… <handler> …" (drivers/md/dm-mpath.c). The kernel shows the current state there,
 * including changes by messages.
 */
export function queuesWithoutPath(params: string): boolean {
  const words = splitWords(params);
  const count = Number(words[0]);
  return words.slice(1, 1 + (Number.isNaN(count) ? 0 : count)).includes("queue_if_no_path");
}
