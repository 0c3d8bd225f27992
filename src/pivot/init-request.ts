/** sysvinit's initreq.h: struct init_request. */
const SIZE = 384;
const MAGIC = 0x03091969;
const CMD_RUNLVL = 1;

/** The request for a run level; 'U' makes init execute /sbin/init again. */
export function encodeInitRequest(runlevel: string): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, MAGIC, true);
  view.setInt32(4, CMD_RUNLVL, true);
  view.setInt32(8, runlevel.charCodeAt(0), true);
  return bytes;
}
