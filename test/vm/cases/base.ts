import type { Case } from "../case.ts";

// Debian's initrd has the passphrase in /cryptroot/keyfiles, and a shell. The build reads the
// passphrase, and exitrd.wipe= has to erase the copies that this leaves in free memory.
const restore = `
cat >10-initrd <<'end'
#!/bin/sh
echo "in the initrd's shell: $1 $2, $(ls /cryptroot/keyfiles 2>&1), $(cryptsetup --version)"
end
chmod 755 10-initrd
exitrd build --base "$base" --hook 10-initrd
exitrd load
exitrd status
du -sk /run/initramfs
sync
systemctl poweroff
`;

const restored: Case = {
  name: "lvm-on-luks: the machine's own initrd is there at shutdown, without its key",
  stack: "lvm-on-luks",
  equipment: "exitrd",
  script: `set -e\nbase=initrd\n${restore}`,
  extraCommandLine: "exitrd.wipe=yes",
  limitSeconds: 600,
  expect: {
    ending: "poweroff",
    fileSystems: "clean",
    controllerShutDown: true,
    volumeKey: "absent",
    passphrase: "absent",
    output: [
      /^exitrd: the base is '\/boot\/initrd\.img-.*', without [1-9][0-9]* modules, firmware and/,
      /^exitrd: left out '\/cryptroot\/keyfiles\/cryptroot\.key', which may be a secret$/,
      /^exitrd: built '\/var\/lib\/exitrd\/exitrd\.img'/,
      /^exitrd: loaded '\/var\/lib\/exitrd\/exitrd\.img' into '\/run\/initramfs'/,
      /^shutdown: through exitrd/,
    ],
    console: [
      /in the initrd's shell: before-umount poweroff, .*, cryptsetup [0-9]/,
      /umount '\/oldroot'/,
      /dm remove 'vg-root'/,
      /dm remove 'cryptroot'/,
      /in the initrd's shell: after-umount poweroff/,
    ],
    consoleNever: [/Kernel panic/, /in the initrd's shell: [^,]*, [^,]*\.key/],
  },
};

const control: Case = {
  ...restored,
  name: "control: lvm-on-luks: a key in the initrd that looks like none stays in RAM",
  script: `set -e
base=initrd=/root/initrd
mkdir -p own/usr/share && cp /etc/keys/root.key own/usr/share/words && chmod 644 own/usr/share/words
cat /boot/initrd.img-* >/root/initrd
(cd own && find . | cpio -o -H newc --quiet) >>/root/initrd
${restore}`,
  expect: {
    ...restored.expect,
    passphrase: "present",
    output: [/^exitrd: the base is '\/root\/initrd'/],
  },
};

/** An image with the contents of the initrd, except for the passphrase. */
export const baseCases: readonly Case[] = [restored, control];
