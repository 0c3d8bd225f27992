import { nvmeHealth, smartData } from "exitrd:drive";
import { O_NONBLOCK, O_RDONLY } from "exitrd:sys";
import type { Drives } from "../port/drives.ts";
import { withOpen } from "./with-open.ts";

/** The `Drives` port. Opening with O_NONBLOCK does not spin a disk up. */
export const hostDrives: Drives = {
  readNvmeHealth: (path) => withOpen(path, O_RDONLY, nvmeHealth),
  readSmartData: (path) => withOpen(path, O_RDONLY | O_NONBLOCK, smartData),
};
