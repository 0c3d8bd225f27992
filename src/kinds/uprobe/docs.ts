import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "uprobe",
  summary: "A trace event in a program, such as perf-probe(1) and tracers leave behind",
  holds: "the probed program's file by its path, and with it its mount",
  seenBy: "`uprobe_events` of each mount of the type tracefs",
  steps: [],
  instead: "before each round, each event is disabled, also in instances, and removed",
  leftOut: [
    "uprobes of pinned BPF links: see the list of [other users](#other-users-of-files-and-block-devices)",
  ],
  machines: ["uprobe events of a program"],
};
