import { actAfterPages } from "../../execute/left/act-after-pages.ts";
import { isGone, readUnlessGone } from "../../execute/step/is-gone.ts";
import type { Releaser } from "../../execute/step/releaser.ts";
import { isSysError } from "../../port/sys-error.ts";
import type { Kernel } from "../../port/teardown.ts";
import type { DmMessage } from "./messages.ts";
import type { DmRemove, DmUnblock } from "./model.ts";
import {
  DM_CONTROL,
  DM_DEV_REMOVE,
  DM_DEV_SUSPEND,
  DM_TARGET_MSG,
  encodeDmMessage,
  encodeDmRequest,
} from "./protocol.ts";

export const dmRemoveReleaser: Releaser<DmRemove> = {
  // The name of the step is that of the map; the kernel's name has the minor number.
  perform: ({ dev, messages }, { kernel, reader }) =>
    actAfterPages([`dm-${dev.split(":")[1]}`], { kernel, reader }, () => {
      sendMessages(dev, messages, kernel);
      call(DM_DEV_REMOVE, encodeDmRequest({ dev, flags: 0, size: 512 }), kernel);
    }),
  isReleased({ dev }, reader) {
    try {
      return isGone(`/sys/dev/block/${dev}/dm/uuid`, reader);
    } catch (thrown) {
      // It is being removed, but not gone yet (kernel: drivers/md/dm-sysfs.c).
      if (isSysError(thrown) && thrown.code === "EINVAL") return false;
      throw thrown;
    }
  },
};

export const dmUnblockReleaser: Releaser<DmUnblock> = {
  perform({ dev, resume, messages }, { kernel }) {
    // Without DM_SUSPEND_FLAG it resumes.
    if (resume) call(DM_DEV_SUSPEND, encodeDmRequest({ dev, flags: 0, size: 512 }), kernel);
    sendMessages(dev, messages, kernel);
    return undefined;
  },
  isReleased({ dev }, reader) {
    const dm = readUnlessGone(() => reader.readDm(dev));
    if (dm === undefined) return true;
    return !dm.suspended && !dm.targets.some((target) => target.queuesWithoutPath === true);
  },
};

function sendMessages(dev: string, messages: readonly DmMessage[], kernel: Kernel): void {
  for (const { sector, text } of messages) {
    call(DM_TARGET_MSG, encodeDmMessage({ dev, flags: 0 }, sector, text), kernel);
  }
}

function call(request: number, argument: ArrayBuffer, kernel: Kernel): void {
  kernel.control(DM_CONTROL, [{ request, argument }]);
}
