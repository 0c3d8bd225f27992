/**
 * The parts of an initrd that are of no use at shutdown (modules, firmware, microcode) or are hidden
 * by the API file systems.
 */
export function isLeftOut(path: string): boolean {
  return useless.test(path) || ours.test(path);
}

const useless =
  /^\/(?:(?:usr\/)?lib\/(?:modules|firmware)|kernel|dev|mnt|oldroot|proc|run|sys|early_cpio)(?:$|\/)/;
/** Another image, its loader, and the configuration and keys of these. */
const ours =
  /^\/(?:usr\/bin\/exitrd$|(?:etc|usr\/lib|usr\/local\/lib|var\/lib)\/exitrd(?:$|\/|\.conf))/;
