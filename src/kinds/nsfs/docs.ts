import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "namespace bound to a file",
  summary:
    "A mount namespace that outlives its processes, as containers and `unshare --mount=FILE` make it",
  holds:
    "all mounts in it, which are not visible from outside: it may hold any device that is in use",
  seenBy: "a mount of the type nsfs whose root begins with `mnt:`",
  steps: [],
  instead: "unmounted like every mount ([mount](#mount)), before all devices that are in use",
  leftOut: [
    "Namespaces that exist only because of a file descriptor, of a process or in transit through a socket: they end with the processes",
  ],
  machines: ["mount namespace bound to a file"],
};
