import { O_NONBLOCK, O_RDWR, POLLIN, poll, read, write } from "exitrd:sys";
import type { Tpm } from "../port/loader.ts";
import { withOpen } from "./with-open.ts";

const device = "/dev/tpmrm0";

// Larger than any response (TPM2_PT_MAX_RESPONSE_SIZE).
const largestAnswer = 8192;

// The driver aborts these commands after 2 s (drivers/char/tpm/tpm2-cmd.c), and retries for about
// 10 s while the TPM is busy.
const limitMs = 20_000;

/** The `Tpm` port on the kernel's resource manager. */
export const hostTpm: Tpm = { transmit };

function transmit(command: Uint8Array): Uint8Array {
  // Without O_NONBLOCK write(2) would block until the command completes.
  return withOpen(device, O_RDWR | O_NONBLOCK, (fd) => {
    write(fd, command);
    poll([{ fd, events: POLLIN }], limitMs);
    // Empty until there is a response.
    return read(fd, largestAnswer);
  });
}
