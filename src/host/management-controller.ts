import { ipmiReceive, ipmiSend, O_RDWR, POLLIN, poll } from "exitrd:sys";
import type { ManagementController } from "../port/record.ts";
import { IPMI_DEVICE } from "../teardown/record/sel-entry.ts";
import { withOpen } from "./with-open.ts";

/** The `ManagementController` port on the kernel's driver (Documentation/driver-api/ipmi.rst). */
export const hostManagementController: ManagementController = {
  request: (netFn, command, data, limitMs) =>
    withOpen(IPMI_DEVICE, O_RDWR, (fd) => {
      ipmiSend(fd, netFn, command, data);
      // Only responses to this descriptor's own requests arrive here.
      const [events = 0] = poll([{ fd, events: POLLIN }], limitMs);
      return events === 0 ? undefined : ipmiReceive(fd);
    }),
};
