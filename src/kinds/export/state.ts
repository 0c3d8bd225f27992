import {
  type Field,
  get,
  readDev,
  readFlag,
  readList,
  readOptional,
  readString,
} from "../../text/read-field.ts";

export interface ExportsField {
  /** What the kernel itself exports, by protocol. Absent if there is nothing. */
  readonly exports?: readonly Export[];
}

/** LIO, NVMe over fabrics, a USB mass storage, NFS, SMB. */
export type ExportProtocol = "lio" | "nvmet" | "usb-gadget" | "nfsd" | "ksmbd";

/** The directories that show what each protocol exports; "*" stands for one name. */
export const PLACES: Readonly<Record<ExportProtocol, string>> = {
  lio: "/sys/kernel/config/target/core/*/*",
  nvmet: "/sys/kernel/config/nvmet/subsystems/*/namespaces/*",
  "usb-gadget": "/sys/kernel/config/usb_gadget/*/functions/*/*",
  nfsd: "/proc/fs/nfsd",
  ksmbd: "/sys/class/ksmbd-control",
};

export const EXPORT_PROTOCOLS = Object.keys(PLACES) as readonly ExportProtocol[];

/** A device or files that the kernel itself has open for clients: no process holds them. */
export interface Export {
  readonly protocol: ExportProtocol;
  /** The directory that shows it: "/sys/kernel/config/target/core/iblock_0/disk". */
  readonly name: string;
  /**
   * The exported devices, files or, for NFS, directories. Empty if only the number of the device is
   * known, or nothing.
   */
  readonly paths: readonly string[];
  /** "major:minor" of the block device, if known. */
  readonly dev?: string;
  /** It is also a SCSI disk of this machine itself (kernel: tcm_loop). */
  readonly looped?: true;
}

export function readExports(list: Field): readonly Export[] {
  return readList(list, (field) => {
    const protocol = EXPORT_PROTOCOLS.find((one) => one === get(field, "protocol").value);
    if (protocol === undefined) {
      throw new Error(`${field.path}.protocol: none of ${EXPORT_PROTOCOLS.join(", ")}`);
    }
    return {
      protocol,
      name: readString(get(field, "name")),
      paths: readList(get(field, "paths"), readString),
      ...readOptional(field, "dev", readDev),
      ...readFlag(field, "looped"),
    };
  });
}
