import { listNotes } from "./notes.ts";
import { readHead } from "./segments.ts";

const shutdownNote = { owner: "exitrd\0", type: 1 };

/** Whether this is a program of exitrd for PID 1, by the note in native/main_pid1.c. */
export function isShutdownProgram(bytes: Uint8Array): boolean {
  const head = readHead(bytes);
  return head.ok && listNotes(bytes, head.value.segments, shutdownNote).length > 0;
}
