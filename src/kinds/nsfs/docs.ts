import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "namespace bound to a file",
  summary:
    "A mount namespace that outlives its processes, as containers and `unshare --mount=FILE` make it",
  holds:
    "all that is mounted in it, which nothing shows from outside: each device that is in use may be held by it",
  seenBy: "a mount of the type nsfs whose root begins with `mnt:`",
  steps: [],
  instead: "unmounted like every mount ([mount](#mount)), before all devices that are in use",
  leftOut: [
    "Namespaces that only a file descriptor of a process, or one on its way through a socket, keeps: they end with the processes",
  ],
  machines: ["mount namespace bound to a file"],
};
