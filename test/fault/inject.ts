import { getpid, kill, mount, O_WRONLY, readFile, SIGSEGV, writeFile } from "exitrd:sys";
import { hostKernel } from "../../src/host/kernel.ts";
import { hostPower } from "../../src/host/power.ts";
import { hostReader } from "../../src/host/reader.ts";
import { attempt } from "../../src/port/sys-error.ts";
import { parseKernelCommandLine } from "../../src/teardown/parse/cmdline.ts";
import { BREAKS, breakObserving } from "../fake/break-parts.ts";

// Imported before the real main.ts, and breaks it as `exitrd.fault=` on the kernel command line
// says. Only the test image contains this.
attempt(() => mount("proc", "/proc", "proc", 0, ""));
const parameters = parseKernelCommandLine(attempt(() => readFile("/proc/cmdline")) ?? "");
const fault = parameters.find(({ key }) => key === "exitrd.fault")?.value;

function busy(syscall: string): Error {
  const words = "Device or resource busy";
  return Object.assign(new Error(words), { name: "SysError", syscall, code: "EBUSY", words });
}

const faults: Readonly<Record<string, () => void>> = {
  /** An uncaught exception, before anything is released. */
  throw() {
    throw new Error("injected: thrown");
  },
  /** A bug in PID 1 itself, not in a child: main.ts catches it. */
  bug() {
    const parse = JSON.parse;
    JSON.parse = (text: string): unknown => {
      if (getpid() === 1) throw new Error("injected: a bug");
      return parse(text);
    };
  },
  /** The same, but PID 1 loops for ever; the watchdog is armed by then. */
  freeze() {
    const parse = JSON.parse;
    JSON.parse = (text: string): unknown => {
      if (getpid() !== 1) return parse(text);
      attempt(() => writeFile("/dev/kmsg", "<4>injected: PID 1 freezes\n", O_WRONLY));
      for (;;);
    };
  },
  // Bugs in what a planned release needs, which occur at every call.
  "bug-in-graph"() {
    BREAKS.graph();
  },
  "bug-in-plan"() {
    BREAKS.plan();
  },
  "bug-in-observe"() {
    breakObserving(hostReader);
  },
  "hang-in-observe"() {
    breakObserving(hostReader, () => {
      for (;;);
    });
  },
  /** The old root stays busy, because of a file that is open for writing and that nothing shows. */
  busy() {
    const { umount, remountReadOnly } = hostKernel;
    hostKernel.umount = (target, how) => {
      if (target === "/oldroot") throw busy("umount2");
      umount(target, how);
    };
    hostKernel.remountReadOnly = (target) => {
      if (target === "/oldroot") throw busy("mount");
      remountReadOnly(target);
    };
  },
  /** Every child that unmounts dies of a native crash. */
  "crash-child"() {
    hostKernel.umount = () => kill(getpid(), SIGSEGV);
  },
  /** reboot(2) is refused twice; the calls after that work. */
  refuse() {
    let refused = 0;
    const reboot = hostPower.reboot;
    hostPower.reboot = (verb, parameter) => {
      refused += 1;
      attempt(() => writeFile("/dev/kmsg", `<4>injected: refusal ${refused}\n`, O_WRONLY));
      if (refused > 2) reboot(verb, parameter);
    };
  },
  segv() {
    kill(getpid(), SIGSEGV);
  },
  loop() {
    for (;;);
  },
  memory() {
    const hoard: unknown[] = [];
    for (;;) hoard.push(new Array(65536).fill(0));
  },
};

if (fault !== undefined) faults[fault]?.();
