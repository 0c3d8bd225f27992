import { afterAll, beforeAll, expect, test } from "vitest";
import { type BareCopy, openBareCopy } from "./machine-copy.ts";

let copy: BareCopy;

beforeAll(() => {
  copy = openBareCopy(
    ["update-initrds", "rebuild-image"].map((one) => `integration/rebuild/${one}`),
  );
});
afterAll(() => copy.close());

// Two kernels, and the commands of dracut. The contents of an initrd are its list of files.
const setup = (dir: string): string => `
exec 3>&1
for name in cat cmp grep rm sed; do p=$(command -v $name); mkdir -p /tmp/bin; ln -s $p /tmp/bin/$name; done
fake() { printf '#!/bin/sh\\n%s\\n' "$2" >/tmp/bin/$1; chmod 755 /tmp/bin/$1; }
fake dracut 'echo "dracut $*"; [ ! -e /tmp/fail ]'
fake lsinitrd 'cat "$1"'
for place in /lib/modules /boot /efi; do mkdir -p $place; mount -t tmpfs tmpfs $place; done
rm -f /usr/sbin/update-initramfs /usr/sbin/mkinitcpio /usr/sbin/dracut
mkdir -p /lib/modules/6.1 /lib/modules/6.6 /var/lib/exitrd
put() { mkdir -p \${1%/*}; echo "\${2-usr/lib/dracut/modules.txt}" >$1; }
try() {
  : >/var/lib/exitrd/initrd-is-old
  status=0
  PATH=/tmp/bin /bin/sh ${dir}/update-initrds "$@" >&3 2>&3 || status=$?
  if [ -e /var/lib/exitrd/initrd-is-old ]; then echo "$status, old"; else echo "$status, new"; fi >&3
}
`;

function run(script: string): readonly string[] {
  const { stdout, stderr, status } = copy.run(`${setup(copy.dir)}${script}`);
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return stdout.trimEnd().split("\n");
}

test("dracut remakes each of its initrds that exists under its name, and chooses none", () => {
  const lines = run(`
put /boot/initrd.img-6.1; put /boot/efi/token/6.1/initrd.img-6.1; mkdir -p /boot/efi/loader/entries
put /boot/initramfs-6.6.img; put /lib/modules/6.6/initramfs.img; put /boot/0123/6.6/initrd
put /efi/token/6.6/initrd usr/lib/booster; put /boot/initrd.img-6.2
try
try --omit exitrd
: >/tmp/fail; try
`);
  const initrds = [
    "/boot/initrd.img-6.1 6.1",
    "/boot/efi/token/6.1/initrd.img-6.1 6.1",
    "/boot/initramfs-6.6.img 6.6",
    "/lib/modules/6.6/initramfs.img 6.6",
    "/boot/0123/6.6/initrd 6.6",
  ];
  expect(lines).toEqual([
    ...[...initrds.map((one) => `dracut --force ${one}`), "0, new"],
    ...[...initrds.map((one) => `dracut --force --omit exitrd ${one}`), "0, new"],
    ...[...initrds.map((one) => `dracut --force ${one}`), "1, old"],
  ]);
});

test("Arch's name is that of the kernel that is booted, not of one whose modules were kept", () => {
  const lines = run(`
put /boot/initramfs-linux.img
echo linux | tee /lib/modules/6.1/pkgbase >/lib/modules/6.6/pkgbase
echo old >/lib/modules/6.1/vmlinuz; echo new | tee /boot/vmlinuz-linux >/lib/modules/6.6/vmlinuz
try
`);
  expect(lines).toEqual(["dracut --force /boot/initramfs-linux.img 6.6", "0, new"]);
});

test("the mark stays if dracut made no initrd that can be written", () => {
  const lines = run(`
try
put /lib/modules/6.6/initramfs.img; mount -o remount,ro /lib/modules
try
`);
  const none = [
    expect.stringMatching("^exitrd: cannot update the initrd: .*, ignoring$"),
    "0, old",
  ];
  expect(lines).toEqual([...none, ...none]);
});

test("a name that only dracut knows is left to it, and mkinitcpio comes first if it adds the image", () => {
  const lines = run(`
put /boot/initrd.img-6.1
mkdir -p /etc/dracut.conf.d; echo 'uefi="yes"' >/etc/dracut.conf.d/uki.conf
try
fake mkinitcpio 'echo "mkinitcpio $*"'
echo 'HOOKS=(base # exitrd' >/etc/mkinitcpio.conf; try
echo 'HOOKS=(base exitrd)' >/etc/mkinitcpio.conf; try
fake update-initramfs 'echo "update-initramfs $*"'
try
`);
  expect(lines).toEqual([
    ...["dracut --force --regenerate-all", "0, new", "dracut --force --regenerate-all", "0, new"],
    ...["mkinitcpio -P", "0, new", "update-initramfs -u", "0, new"],
  ]);
});

// As after 'su' without '-', and in a job of cron.
test("generators are found in /usr/sbin, which is not in everybody's PATH", () => {
  const lines = run(`
mkdir -p /usr/lib/exitrd /etc/exitrd /usr/sbin
echo '[Build]' >/etc/exitrd/build.conf
cp ${copy.dir}/update-initrds /usr/lib/exitrd
printf '#!/bin/sh\nmkdir -p /var/lib/exitrd; echo new >/var/lib/exitrd/exitrd.img\n' >/usr/bin/exitrd
fake update-initramfs 'echo "update-initramfs $*"'
mv /tmp/bin/update-initramfs /usr/sbin
chmod 755 /usr/bin/exitrd /usr/lib/exitrd/update-initrds
export PATH=/usr/bin:/bin
for script in update-initrds rebuild-image; do sh ${copy.dir}/$script >&3 2>&3; done
`);
  expect(lines).toEqual(["update-initramfs -u", "update-initramfs -u"]);
});
