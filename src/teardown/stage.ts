/** Where a shutdown can be added to (hooks) and stopped (`exitrd.break=`), in this order. */
export type Stage = "before-umount" | "after-umount" | "before-verb";

const STAGES: readonly Stage[] = ["before-umount", "after-umount", "before-verb"];

export function parseStage(text: string): Stage | undefined {
  return STAGES.find((stage) => stage === text);
}
