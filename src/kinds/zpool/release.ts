import { isGone } from "../../execute/step/is-gone.ts";
import type { Releaser } from "../../execute/step/releaser.ts";
import type { PoolExport } from "./model.ts";
import { encodePoolExport, ZFS_IOC_POOL_EXPORT } from "./protocol.ts";

export const poolExportReleaser: Releaser<PoolExport> = {
  // Writes everything, then exports the pool. Never "force".
  perform({ name, hardForce }, { kernel }) {
    const argument = encodePoolExport(name, hardForce);
    kernel.control("/dev/zfs", [{ request: ZFS_IOC_POOL_EXPORT, argument }]);
    return undefined;
  },
  isReleased: ({ name }, reader) => isGone(`/proc/spl/kstat/zfs/${name}/state`, reader),
};
