import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "overlay",
  summary: "A file system that joins layers",
  holds: "the file systems of its layers, even if their mounts were detached",
  seenBy:
    "`lowerdir=`, `upperdir=`, `workdir=` among its options in mountinfo; for hidden layers, the devices that are in use although nothing visible holds them",
  steps: [],
  instead: "unmounted like every file system ([mount](#mount)), before its layers",
  leftOut: ["Layers whose paths no longer lead anywhere can only be guessed"],
  machines: ["overlay over squashfs over loop", "tower"],
};
