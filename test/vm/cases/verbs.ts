import { tinyInitLine } from "../build/tiny-initrd.ts";
import type { Case } from "../case.ts";
import type { Ending } from "../machine/spec.ts";
import type { StackName } from "../stacks/image.ts";

type Verb = "poweroff" | "reboot" | "halt" | "kexec";

/**
 * How a machine ends by each verb, as QEMU reports it. The kernel that kexec starts powers off by
 * itself.
 */
const endings: Readonly<Record<Verb, Ending>> = {
  poweroff: "poweroff",
  reboot: "reset",
  halt: "halted",
  kexec: "poweroff",
};

/** The lines of PID 1 that show the release of the layers below each root, in this order. */
const releases: Readonly<Record<StackName, readonly RegExp[]>> = {
  "lvm-on-luks": [/umount '\/oldroot'/, /dm remove 'vg-root'/, /dm remove 'cryptroot'/],
  ext4: [/umount '\/oldroot'/],
  // The mount with the image is below the root, which is in that image: it is detached first, and
  // the kernel unmounts it when the loop device is detached.
  loop: [
    /umount '.*loop-host'/,
    /umount '\/oldroot'/,
    /EXT4-fs \(nvme0n1p2\): unmounting filesystem/,
    /loop detach 'loop0'/,
  ],
};

// Dirty data, so that a shutdown that does not write it back is detected.
const makeDirty = "dd if=/dev/urandom of=/var/tmp/data bs=1M count=8 status=none\n";

// The machine is healthy, so nothing must be found: check.ts has the opposite.
const checkBefore = "exitrd check\n";

const loadKernel =
  'kexec -s -l /boot/vmlinuz-* --initrd=tiny-initrd --command-line="console=ttyS0"\n';

function makeCase(stack: StackName, verb: Verb): Case {
  const isChecked = verb === "poweroff";
  return {
    name: `${stack} ${verb}`,
    stack,
    equipment: "exitrd",
    script: `${makeDirty}${isChecked ? checkBefore : ""}${verb === "kexec" ? loadKernel : ""}systemctl ${verb}\n`,
    files: verb === "kexec" ? ["tiny-initrd"] : [],
    limitSeconds: 300,
    expect: {
      ending: endings[verb],
      fileSystems: "clean",
      controllerShutDown: true,
      volumeKey: "absent",
      record: "clean",
      console: [...releases[stack], ...(verb === "kexec" ? [new RegExp(tinyInitLine)] : [])],
      ...(isChecked ? { output: [/^nothing found: the next shutdown will be clean$/] } : {}),
      // Mounts that systemd-shutdown makes in the tree must not be reported as a change.
      consoleNever: [/Kernel panic/, /exitrd: cannot verify/],
    },
  };
}

const stacks: readonly StackName[] = ["lvm-on-luks", "ext4", "loop"];
const verbs: readonly Verb[] = ["poweroff", "reboot", "halt", "kexec"];

const plain = makeCase("ext4", "poweroff");

/** PID 1 prints its memory usage if systemd's log level requests it. */
const memoryCase: Case = {
  ...plain,
  name: "ext4: PID 1 stays below 4 MB of RAM",
  extraCommandLine: "systemd.log_level=debug systemd.log_target=null",
  expect: { ...plain.expect, console: [/exitrd: [1-3]?[0-9]{1,3} kB resident at most/] },
};

const reboot = makeCase("ext4", "reboot");

/** The kernel's message about reboot(2) with an argument. */
const argumentCase: Case = {
  ...reboot,
  name: "ext4: the argument of a reboot reaches the kernel",
  script: "systemctl reboot --reboot-argument=into-test\n",
  expect: { ...reboot.expect, console: [/Restarting system with command 'into-test'/] },
};

/** The kernel's console is quiet, and exitrd prints only its verdict. */
const quietCase: Case = {
  ...plain,
  name: "ext4: on a quiet console there is the verdict alone",
  extraCommandLine: "quiet",
  expect: {
    ...plain.expect,
    console: [/^exitrd: 1 layer released in .*, nothing left; poweroff$/],
    consoleNever: [/exitrd: (?!1 layer)/, /Kernel panic/],
  },
};

/** As in systemd-shutdown: no kernel was loaded that kexec could start. */
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
  quietCase,
  memoryCase,
];
