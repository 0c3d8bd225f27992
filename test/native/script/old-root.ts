import {
  argv,
  closeFrom,
  dup2,
  kill,
  LINUX_REBOOT_CMD_POWER_OFF,
  MNT_DETACH,
  O_RDWR,
  open,
  readdir,
  readFile,
  readlink,
  reboot,
  SIGKILL,
  sleep,
  umount2,
  writeFile,
} from "exitrd:sys";
import { reopenConsole } from "../../../src/pid1/setup/prepare.ts";
import { attempt, trySys } from "../../../src/port/sys-error.ts";

/**
 * Replaces exitrd-shutdown: writes to /run/result whether the old root can be unmounted, and ends
 * its PID namespace.
 */
const inherited = readdir("/proc/self/fd").map(
  (fd) => attempt(() => readlink(`/proc/self/fd/${fd}`)) ?? "",
);
closeFrom(3);
for (const fd of [0, 1, 2]) dup2(open("/dev/null", O_RDWR), fd);
reopenConsole();
attempt(() => kill(-1, SIGKILL));
sleep(200);
const targets = readFile("/proc/self/mountinfo")
  .split("\n")
  .map((line) => line.split(" ")[4] ?? "")
  .filter((target) => target.startsWith("/oldroot/"));
for (const target of targets.reverse()) attempt(() => umount2(target, MNT_DETACH));
const unmounted = trySys(() => umount2("/oldroot", 0));
const result = {
  argv,
  verb: attempt(() => readFile("/run/exitrd/verb")),
  oldRoot: unmounted.ok ? "released" : unmounted.problem.code,
  inherited,
};
writeFile("/run/result", `${JSON.stringify(result)}\n`);
reboot(LINUX_REBOOT_CMD_POWER_OFF);
