import { refuseClaimed } from "../../execute/left/refuse-claimed.ts";
import { isGone } from "../../execute/step/is-gone.ts";
import type { Releaser } from "../../execute/step/releaser.ts";
import type { NbdDisconnect } from "./model.ts";
import { NBD_CLEAR_SOCK, NBD_DISCONNECT } from "./protocol.ts";

export const nbdDisconnectReleaser: Releaser<NbdDisconnect> = {
  perform({ name }, { kernel }) {
    refuseClaimed([name], kernel);
    return kernel.flushAndControl(`/dev/${name}`, [
      { request: NBD_DISCONNECT, argument: 0 },
      // The process that connected it clears the socket; a connection by netlink must be cleared
      // here.
      { request: NBD_CLEAR_SOCK, argument: 0 },
    ]);
  },
  isReleased: ({ name }, reader) => isGone(`/sys/block/${name}/pid`, reader),
};
