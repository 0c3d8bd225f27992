import type { Inquiry } from "../../observe/inquiry.ts";
import { readOrEmpty } from "../../port/best-effort.ts";
import type { Reader } from "../../port/teardown.ts";
import type { Mount } from "../../teardown/snapshot/base.ts";
import { parseUprobeEvents } from "./protocol.ts";

/** Asked as a question, because a tracer that is stuck may hold the lock of the list. */
export const uprobeInquiry: Inquiry<readonly string[], { readonly events: readonly string[] }> = {
  listQuestions({ mounts }) {
    const places = listTracefs(mounts);
    return places.length === 0 ? [] : [places];
  },
  ask: (places, { reader }) => ({ events: readEvents(places, reader) }),
  addReplies(snapshot, [reply]) {
    const uprobes = reply?.answer?.events ?? [];
    return uprobes.length === 0 && reply?.mark.mute !== true ? snapshot : { ...snapshot, uprobes };
  },
};

/** Where tracefs is mounted. */
export function listTracefs(mounts: readonly Mount[]): readonly string[] {
  return mounts.flatMap(({ fsType, target }) => (fsType === "tracefs" ? [target] : []));
}

/** Every mount shows the same events, unless it is covered by another file system. */
function readEvents(places: readonly string[], reader: Reader): readonly string[] {
  const texts = places.map((place) => readOrEmpty(`${place}/uprobe_events`, reader));
  return [...new Set(texts.flatMap(parseUprobeEvents))];
}
