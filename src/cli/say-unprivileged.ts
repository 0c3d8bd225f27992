import { attempt } from "../port/sys-error.ts";
import type { Host } from "./command.ts";

/** One line where some devices keep their answers to root, so that a plan may be another than PID 1's. */
export function sayUnprivileged({ reader, say }: Pick<Host, "reader" | "say">): void {
  const status = attempt(() => reader.readText("/proc/self/status")) ?? "";
  // proc(5): real, effective, saved and file system user.
  const effective = /^Uid:\t[0-9]+\t([0-9]+)/m.exec(status)?.[1];
  if (effective === undefined || effective === "0") return;
  say("exitrd: cannot see everything that a device uses: run it as root, ignoring");
}
