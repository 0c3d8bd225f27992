import { tinyInitLine } from "../build/tiny-initrd.ts";
import type { Case } from "../case.ts";
import type { Ending } from "../machine/spec.ts";
import type { StackName } from "../stacks/image.ts";

type Verb = "poweroff" | "reboot" | "halt" | "kexec";

/** How QEMU sees each verb end. The kernel that kexec starts powers off by itself. */
const endings: Readonly<Record<Verb, Ending>> = {
  poweroff: "poweroff",
  reboot: "reset",
  halt: "halted",
  kexec: "poweroff",
};

/** Lines of our own PID 1 that show the release of what each root stands on, in this order. */
const releases: Readonly<Record<StackName, readonly RegExp[]>> = {
  "lvm-on-luks": [/umount '\/oldroot'/, /dm remove 'vg-root'/, /dm remove 'cryptroot'/],
  ext4: [/umount '\/oldroot'/],
  // The backing mount hangs below the root that it carries: it is taken off the
  // tree first, and the kernel unmounts it when the loop device is detached.
  loop: [
    /umount '.*loop-host'/,
    /umount '\/oldroot'/,
    /EXT4-fs \(nvme0n1p2\): unmounting filesystem/,
    /loop detach 'loop0'/,
  ],
};

// Something to write back, so that a shutdown that skips it is caught.
const makeDirty = "dd if=/dev/urandom of=/var/tmp/data bs=1M count=8 status=none\n";

const loadKernel =
  'kexec -s -l /boot/vmlinuz-* --initrd=tiny-initrd --command-line="console=ttyS0"\n';

function makeCase(stack: StackName, verb: Verb): Case {
  return {
    name: `${stack} ${verb}`,
    stack,
    equipment: "exitrd",
    script: `${makeDirty}${verb === "kexec" ? loadKernel : ""}systemctl ${verb}\n`,
    files: verb === "kexec" ? ["tiny-initrd"] : [],
    limitSeconds: 300,
    expect: {
      ending: endings[verb],
      fileSystems: "clean",
      controllerShutDown: true,
      volumeKey: "absent",
      console: [...releases[stack], ...(verb === "kexec" ? [new RegExp(tinyInitLine)] : [])],
      // What systemd-shutdown does to the tree is not a change.
      consoleNever: [/Kernel panic/, /exitrd: cannot verify/],
    },
  };
}

const stacks: readonly StackName[] = ["lvm-on-luks", "ext4", "loop"];
const verbs: readonly Verb[] = ["poweroff", "reboot", "halt", "kexec"];

const plain = makeCase("ext4", "poweroff");

/** PID 1 says itself how much memory it had, when systemd's log level asks for it. */
const memoryCase: Case = {
  ...plain,
  name: "ext4: PID 1 stays below 4 MB of RAM",
  extraCommandLine: "systemd.log_level=debug systemd.log_target=null",
  expect: { ...plain.expect, console: [/exitrd: [1-3]?[0-9]{1,3} kB resident at most/] },
};

const reboot = makeCase("ext4", "reboot");

/** What the kernel says of reboot(2) with an argument. */
const argumentCase: Case = {
  ...reboot,
  name: "ext4: the argument of a reboot reaches the kernel",
  script: "systemctl reboot --reboot-argument=into-test\n",
  expect: { ...reboot.expect, console: [/Restarting system with command 'into-test'/] },
};

/** As in systemd-shutdown: nothing was loaded that could be started. */
const unloadedCase: Case = {
  ...reboot,
  name: "ext4: a kexec without a kernel is a reboot",
  script: "systemctl start kexec.target --job-mode=replace-irreversibly --no-block\n",
  expect: { ...reboot.expect, console: [...releases.ext4, /exitrd: .*; reboot/] },
};

/** Every verb on every stack, through exitrd. */
export const verbCases: readonly Case[] = [
  ...stacks.flatMap((stack) => verbs.map((verb) => makeCase(stack, verb))),
  argumentCase,
  unloadedCase,
  memoryCase,
];
