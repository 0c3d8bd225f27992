import type { Case } from "../case.ts";

// Several thousand pages with the passphrase, which become free memory when their program exits, and
// huge pages, which return to their pool; and settings with which not all memory can be allocated.
const script = `set -e
echo 16 >/proc/sys/vm/nr_hugepages
install huge /usr/local/bin
huge </etc/keys/root.key >/run/huge &
perl -e '$|=1; open F, "<", "/etc/keys/root.key"; $p = <F>; $x = $p x 3_000_000; print "full\\n"; sleep 1000' >/run/full &
while [ ! -s /run/full ] || [ ! -s /run/huge ]; do sleep 0.1; done
update-initramfs -u >/dev/null
echo 1 >/proc/sys/vm/panic_on_oom
echo 2 >/proc/sys/vm/overcommit_memory
systemctl poweroff
`;

const releases = [/umount '\/oldroot'/, /dm remove 'cryptroot'/];

const wiped: Case = {
  name: "lvm-on-luks: free memory is erased, as exitrd.wipe asks",
  stack: "lvm-on-luks",
  equipment: "exitrd",
  script,
  files: ["huge"],
  extraCommandLine: "exitrd.wipe=yes",
  limitSeconds: 400,
  expect: {
    ending: "poweroff",
    fileSystems: "clean",
    controllerShutDown: true,
    volumeKey: "absent",
    passphrase: "absent",
    console: [...releases, /exitrd: [1-9][0-9]* MiB of free memory erased in [0-9]+ ms$/],
    consoleNever: [/Kernel panic/, /Out of memory/, /cannot erase/, /cannot overwrite/],
  },
};

/** What a program with a secret leaves in RAM, with and without Wipe=. */
export const wipeCases: readonly Case[] = [
  wiped,
  { ...wiped, name: "lvm-on-luks: free memory is erased by the kernel of trixie", suite: "trixie" },
  {
    name: "control: lvm-on-luks: free memory is not erased",
    stack: "lvm-on-luks",
    equipment: "exitrd",
    script,
    files: ["huge"],
    limitSeconds: 400,
    expect: {
      ending: "poweroff",
      fileSystems: "clean",
      volumeKey: "absent",
      passphrase: "present",
      console: releases,
      consoleNever: [/Kernel panic/, /erased/],
    },
  },
];
