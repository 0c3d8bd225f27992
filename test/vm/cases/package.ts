import type { Case } from "../case.ts";

// The host reads every line of output as a fact.
const lifeCycle = `set -u
tree() { [ -e /run/initramfs/shutdown ] && echo there || echo none; }
in_initrd() { lsinitramfs /boot/initrd.img-* | grep -cE 'bin/exitrd$|exitrd/exitrd'; }
exitrd status >/dev/null
echo "at boot: status $?, tree $(tree)"
dpkg -i package.deb >/dev/null 2>&1
echo "installed again: exit $?, tree $(tree), status $(exitrd status >/dev/null; echo $?)"
dpkg --remove exitrd >/dev/null 2>&1
echo "removed: exit $?, tree $(tree), $(in_initrd) files in the initrd"
dpkg --purge exitrd >/dev/null 2>&1
# The guest's own files are named exitrd-something.
left=$(find / -xdev -name '*exitrd*' -not -name '*exitrd-*' -not -path '/run/*' -not -path '/proc/*')
units=$(find / -xdev -name 'exitrd-load*' -not -path '/run/*' -not -path '/proc/*')
echo "purged: exit $?, left: [$left$units]"
systemctl poweroff
`;

/** The package from installation to purge in a running machine. */
export const packageCases: readonly Case[] = [
  {
    name: "ext4: the package is upgraded, removed and purged",
    stack: "ext4",
    equipment: "exitrd",
    script: lifeCycle,
    files: ["package.deb"],
    limitSeconds: 600,
    expect: {
      ending: "poweroff",
      fileSystems: "clean",
      output: [
        /^at boot: status 0, tree there/,
        /^installed again: exit 0, tree there, status 0/,
        /^removed: exit 0, tree none, 0 files in the initrd/,
        /^purged: exit 0, left: \[\]/,
      ],
      consoleNever: [/umount '\/oldroot'/, /Kernel panic/],
    },
  },
];
