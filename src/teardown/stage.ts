/** Where a shutdown can be added to (hooks) and stopped (`exitrd.break=`), in this order. */
export type Stage = "before-umount" | "after-umount" | "before-verb";

export const STAGES: readonly Stage[] = ["before-umount", "after-umount", "before-verb"];
