import type { TaskOutcome } from "../../observe/run-task.ts";

/** Parses the messages of a child of ours that did not finish, one a line, without an incomplete last one. */
export function readLines<Line>(ended: TaskOutcome): readonly Line[] {
  const text = ended.kind === "hung" || ended.kind === "crashed" ? ended.sent : undefined;
  const lines = (text ?? "").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Line);
}
