import { localImage, localSealedImage, packageImage, packageSealedImage } from "./image-places.ts";

/** What to do about an image that cannot be read. A file that the user named is in no package. */
export function cureImage(path: string, code: string): string {
  if (code === "EACCES" || code === "EPERM") return "run it as root";
  switch (path) {
    case packageSealedImage:
    case localSealedImage:
      return "write it with 'exitrd sign --seal', or remove Seal= from exitrd.conf(5)";
    case packageImage:
    case localImage:
      return "reinstall the package or run 'exitrd build'";
    default:
      return "name an image that 'exitrd build' wrote";
  }
}
