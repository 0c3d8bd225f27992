import type { TaskOutcome } from "../../observe/run-task.ts";
import type { Reader } from "../../port/teardown.ts";
import type { KeepProblem } from "../../teardown/record/describe-keeping.ts";

/** The problem of a child that returns "" if it kept the record, else the kind of the problem. */
export function readEnd(ended: TaskOutcome, limitMs: number): KeepProblem | undefined {
  switch (ended.kind) {
    case "done":
      return ended.output === "" ? undefined : ({ kind: ended.output } as KeepProblem);
    case "hung":
      return { kind: "hung", limitMs };
    case "crashed":
      return { kind: "crashed" };
    case "error":
      return { kind: "error", words: ended.words };
  }
}

/** The kernel's random ID of this boot, 32 hexadecimal digits. */
export function readBootId(reader: Pick<Reader, "readText">): string {
  return reader.readText("/proc/sys/kernel/random/boot_id").replaceAll("-", "").trim();
}
