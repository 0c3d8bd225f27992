import type { PstoreProblem } from "../observe/read-pstore.ts";
import { quote, showBytes } from "../text/show-bytes.ts";

/** Why a place cannot take a record. */
export type PlaceProblem =
  | { readonly kind: "file-system"; readonly fsType: string }
  /** The file system is not on a partition but on LVM, RAID, encryption or a whole disk. */
  | { readonly kind: "no-partition" }
  /** The device is not a disk of this machine but a loop device, a network device, or memory. */
  | { readonly kind: "no-disk" }
  /** Another device is built on the partition, such as a mirror. */
  | { readonly kind: "held" }
  | { readonly kind: "read-only" }
  | { readonly kind: "data-journal" }
  /** There is no such partition or directory, or the ESP is not mounted there. */
  | { readonly kind: "absent" }
  /** It is made as the service starts; as it stops, the file system may be unmounted already. */
  | { readonly kind: "missing" }
  /** Another file has its name. */
  | { readonly kind: "foreign" }
  | { readonly kind: "inode"; readonly word: string }
  | { readonly kind: "extent"; readonly word: string }
  /** Not in one piece, or not aligned to sectors. */
  | { readonly kind: "scattered" }
  /** The device has other data where the file should be. */
  | { readonly kind: "elsewhere" }
  /** The BMC's device does not exist. */
  | { readonly kind: "no-driver" }
  | PstoreProblem
  | { readonly kind: "error"; readonly words: string };

/** "exitrd: cannot keep a record in '/boot/exitrd.record': it is read-only, ignoring" */
export function placeProblemLine(where: string, problem: PlaceProblem): string {
  return `exitrd: cannot keep a record in ${quote(where)}: ${describePlaceProblem(problem)}, ignoring`;
}

function describePlaceProblem(problem: PlaceProblem): string {
  switch (problem.kind) {
    case "file-system":
      return `${showBytes(problem.fsType)} may move a file's data: vfat, ext4 and XFS do not`;
    case "no-partition":
      return "its file system is not on a plain partition";
    case "no-disk":
      return "its partition is not on a local disk";
    case "held":
      return "another device is made of its partition";
    case "read-only":
      return "it is read-only";
    case "data-journal":
      return "its file system journals data";
    case "absent":
      return "there is none, or it is not mounted";
    case "missing":
      return "it has not been prepared yet: run 'exitrd record --begin'";
    case "foreign":
      return "another file has that name: remove it";
    case "inode":
      return `the file is ${problem.word}`;
    case "extent":
      return `the file's data is ${problem.word}`;
    case "scattered":
      return "the file is not in one piece";
    case "elsewhere":
      return "the device has other data there";
    case "no-driver":
      return "it does not exist: load ipmi_si and ipmi_devintf (modules-load.d(5))";
    case "pstore-backend":
      return `its backend is ${quote(problem.backend)}, not erst or ramoops`;
    case "pstore-reason":
      return `ramoops.max_reason is ${quote(problem.maxReason)}: set it to 0`;
    case "error":
      return problem.words;
  }
}
