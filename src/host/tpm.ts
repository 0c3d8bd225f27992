import { O_NONBLOCK, O_RDWR, POLLIN, poll, read, write } from "exitrd:sys";
import type { Tpm } from "../port/tpm.ts";
import { withOpen } from "./with-open.ts";

const device = "/dev/tpmrm0";

// Above the largest that a TPM may send (TPM2_PT_MAX_RESPONSE_SIZE).
const largestAnswer = 8192;

// The driver gives up these commands after 2 s (drivers/char/tpm/tpm2-cmd.c), and tries
// again while the TPM is busy, for some 10 s.
const limitMs = 20_000;

/** The `Tpm` port on the kernel's resource manager. */
export const hostTpm: Tpm = { transmit };

function transmit(command: Uint8Array): Uint8Array {
  // Without O_NONBLOCK write(2) would last as long as the command does.
  return withOpen(device, O_RDWR | O_NONBLOCK, (fd) => {
    write(fd, command);
    poll([{ fd, events: POLLIN }], limitMs);
    // Empty as long as there is no answer.
    return read(fd, largestAnswer);
  });
}
