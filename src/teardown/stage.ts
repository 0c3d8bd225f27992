/** The stages of a shutdown at which hooks run and `exitrd.break=` can stop it, in this order. */
export type Stage = "before-umount" | "after-umount" | "before-verb";

export const STAGES: readonly Stage[] = ["before-umount", "after-umount", "before-verb"];
