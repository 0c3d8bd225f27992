import { splitWords } from "../../text/words.ts";

/**
 * Whether a multipath target's table line names queue_if_no_path among its
 * features: "<count> <feature>… <handler> …" (drivers/md/dm-mpath.c). The
 * kernel shows the state of the moment there, messages included.
 */
export function queuesWithoutPath(params: string): boolean {
  const words = splitWords(params);
  const count = Number(words[0]);
  return words.slice(1, 1 + (Number.isNaN(count) ? 0 : count)).includes("queue_if_no_path");
}
