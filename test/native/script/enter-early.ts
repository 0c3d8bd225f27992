import * as sys from "exitrd:sys";
import { enterEarly } from "../../../src/pid1/setup/enter-early.ts";

// Started like systemd-shutdown(8), over which it is mounted.
let seen: readonly string[] = [];
const isEarly = enterEarly(sys.argv, () => {
  seen = sys.readdir("/run/initramfs");
  throw new Error("a bug");
});
const targets = sys
  .readFile("/proc/self/mountinfo")
  .split("\n")
  .map((line) => line.split(" ")[4]);
sys.write(
  1,
  JSON.stringify({
    isEarly,
    wasAsked: seen.includes("shutdown"),
    root: sys.readdir("/").sort(),
    covered: targets.includes("/oldroot/run/host/systemd-shutdown"),
    hasControlGroups: targets.includes("/sys/fs/cgroup"),
    real: sys.readFile("/oldroot/run/host/systemd-shutdown").split("\n")[0],
  }),
);
sys.exit(0);
