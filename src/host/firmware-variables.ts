import {
  ioctl,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  mount,
  O_CREAT,
  O_RDONLY,
  O_WRONLY,
  readdir,
  writeFile,
} from "exitrd:sys";
import type { FirmwareVariables } from "../port/record.ts";
import { attempt } from "../port/sys-error.ts";
import { withOpen } from "./with-open.ts";

// linux/fs.h: _IOW('f', 2, long)
const FS_IOC_SETFLAGS = 0x40086602;

const PLACE = "/sys/firmware/efi/efivars";

/** The `FirmwareVariables` port on efivarfs (Documentation/filesystems/efivarfs.rst). */
export const hostVariables: FirmwareVariables = {
  writeVariable: (path, data) => {
    // ENOENT without UEFI.
    if (readdir(PLACE).length === 0) {
      mount("efivarfs", PLACE, "efivarfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "");
    }
    // The kernel makes unknown variables immutable, so that rm(1) cannot brick a machine.
    attempt(() => withOpen(path, O_RDONLY, (fd) => ioctl(fd, FS_IOC_SETFLAGS, new ArrayBuffer(8))));
    writeFile(path, data, O_WRONLY | O_CREAT, 0o600);
  },
};
