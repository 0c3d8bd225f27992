import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "btrfs",
  summary: "A file system on one or several devices",
  holds: "all its devices, seed devices included, while any of its subvolumes is mounted",
  seenBy:
    "/sys/fs/btrfs/UUID/devices; the number in mountinfo is anonymous, and its source names one device",
  steps: [],
  instead: "unmounted like every file system ([mount](#mount)); each device waits for that",
  notes: [
    "If mountinfo has a name that only udev knew, any btrfs may be the one, so the devices of all wait for the mount",
  ],
  machines: ["btrfs on two devices"],
};
