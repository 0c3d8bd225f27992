import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "binfmt_misc",
  summary: "Interpreters for program formats",
  holds: "the interpreter's file, and with it its mount, for each entry with the flag F",
  seenBy: "a mount of the type binfmt_misc",
  steps: [],
  instead: "before the first step, -1 is written to `status`, which removes all entries",
  leftOut: [
    "Entries of other user namespaces (from Linux 6.7 on): their mounts end with the processes",
  ],
  machines: ["interpreter that the kernel holds open"],
};
