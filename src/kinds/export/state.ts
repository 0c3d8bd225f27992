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
  /** What the kernel itself serves to others, by protocol. Absent where there is none. */
  readonly exports?: readonly Export[];
}

/** LIO, NVMe over fabrics, a USB mass storage, NFS, SMB. */
export type ExportProtocol = "lio" | "nvmet" | "usb-gadget" | "nfsd" | "ksmbd";

/** The directories that show what each exports; "*" is any one name. */
export const PLACES: Readonly<Record<ExportProtocol, string>> = {
  lio: "/sys/kernel/config/target/core/*/*",
  nvmet: "/sys/kernel/config/nvmet/subsystems/*/namespaces/*",
  "usb-gadget": "/sys/kernel/config/usb_gadget/*/functions/*/*",
  nfsd: "/proc/fs/nfsd",
  ksmbd: "/sys/class/ksmbd-control",
};

export const EXPORT_PROTOCOLS = Object.keys(PLACES) as readonly ExportProtocol[];

/** A device or files that the kernel has open for others, so that no process can be ended for it. */
export interface Export {
  readonly protocol: ExportProtocol;
  /** The directory that shows it: "/sys/kernel/config/target/core/iblock_0/disk". */
  readonly name: string;
  /**
   * What was given to the kernel to export: devices, files or, of NFS, directories. Empty where
   * the device is known by its number alone, or nothing is known.
   */
  readonly paths: readonly string[];
  /** "major:minor" of the block device, where that is known. */
  readonly dev?: string;
  /** It is a SCSI disk of this very machine, too (kernel: tcm_loop). */
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
