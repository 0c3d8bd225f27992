import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "EROFS on a file",
  summary: "A file system mounted from a file without a loop device, and composefs",
  holds:
    "the mount of its image; a composefs also holds the mount of its data, which is assumed to contain the image",
  seenBy:
    "mountinfo: the number is anonymous, and the source is the path of the image; a composefs has `::` in `lowerdir=`, or `datadir+=`",
  steps: [],
  instead:
    "unmounted like every file system ([mount](#mount)), before the mount of its image; if that mount is below it, the mount is detached",
  leftOut: [
    "Further devices or files (`device=`): the kernel does not report them",
    "The image of a composefs that is not on the mount of its data",
  ],
  machines: ["erofs on a file", "composefs with its data below itself"],
};
