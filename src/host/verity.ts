import { addKey, KEY_SPEC_PROCESS_KEYRING, unlinkKey } from "exitrd:key";
import { access, close, F_OK, mkdir, mknod, O_RDONLY, open, S_IFCHR } from "exitrd:sys";
import { formatVerityTable } from "../image/disk-image/verity-table.ts";
import {
  DM_DEFERRED_REMOVE,
  DM_DEV_CREATE,
  DM_DEV_REMOVE,
  DM_DEV_SUSPEND,
  DM_READONLY_FLAG,
  DM_TABLE_LOAD,
  decodeDmStatus,
  encodeDmRequest,
  encodeDmTable,
} from "../kinds/dm/protocol.ts";
import type { VerityDevice } from "../port/loader.ts";
import { attempt, isSysError } from "../port/sys-error.ts";
import { callDm } from "./dm.ts";
import { withLoop } from "./loop.ts";
import { mountReadOnly } from "./mount-read-only.ts";
import { withOpen } from "./with-open.ts";

const CONTROL = "/dev/mapper/control";
const STATUS_SIZE = 512;

export interface VerityMount {
  readonly fd: number;
  readonly isVerifiedByKernel: boolean;
}

/**
 * Mounts the file system in a file through dm-verity, detached. Everything vanishes with that mount:
 * the device is removed at its last close, and then the loop device.
 */
export function mountVerity(path: string, device: VerityDevice): VerityMount {
  ensureControl();
  return withOpen(path, O_RDONLY, (file) =>
    withLoop(file, (loop) => {
      const { dev, isVerifiedByKernel } = create(loop, device);
      const name = `/dev/dm-${dev.split(":")[1]}`;
      let opened = -1;
      try {
        opened = open(name, O_RDONLY);
      } finally {
        // From here on the device is removed at its last close, even if this process is killed.
        callDm(
          DM_DEV_REMOVE,
          encodeDmRequest({ dev, flags: DM_DEFERRED_REMOVE, size: STATUS_SIZE }),
        );
      }
      try {
        return { fd: mountReadOnly("erofs", name), isVerifiedByKernel };
      } finally {
        close(opened);
      }
    }),
  );
}

interface Created {
  readonly dev: string;
  readonly isVerifiedByKernel: boolean;
}

function create(loop: string, device: VerityDevice): Created {
  const name = `exitrd-${loop}`;
  // Named as by cryptsetup, so that its tools recognize the device (lib/libdevmapper.c).
  const uuid = `CRYPT-VERITY-${device.rootHash.slice(0, 32)}-${name}`;
  const flags = DM_READONLY_FLAG;
  const made = callDm(DM_DEV_CREATE, encodeDmRequest({ name, uuid, flags, size: STATUS_SIZE }));
  const { dev } = decodeDmStatus(made);
  try {
    const isVerifiedByKernel = loadTable(dev, `/dev/${loop}`, device);
    callDm(DM_DEV_SUSPEND, encodeDmRequest({ dev, flags, size: STATUS_SIZE }));
    return { dev, isVerifiedByKernel };
  } catch (thrown) {
    attempt(() => callDm(DM_DEV_REMOVE, encodeDmRequest({ dev, flags: 0, size: STATUS_SIZE })));
    throw thrown;
  }
}

/**
 * Loads the table with the signature, which the kernel verifies with its own keyrings, or without
 * it if the kernel lacks the key or the code. A kernel that requires signatures
 * (dm_verity.require_signatures=1) rejects the latter.
 */
function loadTable(dev: string, loop: string, device: VerityDevice): boolean {
  const key = `exitrd:${device.rootHash}`;
  const added = attempt(() => addKey("user", key, device.signature, KEY_SPEC_PROCESS_KEYRING));
  const load = (signatureKey: string | undefined): void => {
    const target = {
      start: 0,
      length: device.dataBlocks * (device.blockSize / 512),
      type: "verity",
      parameters: formatVerityTable(loop, device, signatureKey),
    };
    callDm(DM_TABLE_LOAD, encodeDmTable({ dev, flags: DM_READONLY_FLAG }, target));
  };
  try {
    load(key);
    return true;
  } catch (thrown) {
    if (!isSysError(thrown)) throw thrown;
    load(undefined);
    return false;
  } finally {
    if (added !== undefined) attempt(() => unlinkKey(added, KEY_SPEC_PROCESS_KEYRING));
  }
}

/** Without udev the node may be missing; opening it loads the module (10, 236). */
function ensureControl(): void {
  try {
    access(CONTROL, F_OK);
  } catch (thrown) {
    if (!isSysError(thrown) || thrown.code !== "ENOENT") throw thrown;
    attempt(() => mkdir("/dev/mapper", 0o755));
    mknod(CONTROL, S_IFCHR | 0o600, 10, 236);
  }
}
