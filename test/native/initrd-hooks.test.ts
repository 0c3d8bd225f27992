import { afterAll, beforeAll, expect, test } from "vitest";
import { type MachineCopy, openMachineCopy } from "./machine-copy.ts";

let copy: MachineCopy;

beforeAll(() => {
  copy = openMachineCopy();
});
afterAll(() => copy.close());

/** The lines that the script prints to descriptor 3. */
function run(script: string): readonly string[] {
  const { stdout, stderr, status } = copy.run(`
exec 3>&1 >/dev/null
dpkg -i '${copy.exitrd}'
${script}`);
  expect(status, stderr).toBe(0);
  return stdout.trimEnd().split("\n");
}

test("every hook copies loader, image, trust and configuration, and names its modules", () => {
  const lines = run(`
mkdir -p /etc/exitrd/extensions/tool/usr/bin /etc/exitrd/revoked.d /run/exitrd.conf.d
: >/run/exitrd.conf.d/now.conf
: >/etc/exitrd/extensions/tool/usr/bin/tool
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=x -keyout /tmp/key -out /etc/exitrd/trusted.d/a.pem
ln -s /dev/null /etc/exitrd.conf.d/masked.conf
ln -s gone /etc/exitrd/revoked.d/broken.pem
mkdir -p /usr/lib/exitrd/trusted.d; : >/usr/lib/exitrd/trusted.d/a.pem; : >/usr/lib/exitrd/trusted.d/b.pem
ln -s /dev/null /etc/exitrd/trusted.d/b.pem; ln -s /dev/null /etc/exitrd/trusted.d/c.pem
for i in 1 2; do /usr/lib/exitrd/copy-to-initrd --unit /tmp/tree | sort -u | tr '\\n' ' ' >&3; echo >&3; done
cd /tmp/tree; find . -not -type d | LC_ALL=C sort >&3
readlink etc/exitrd/revoked.d/broken.pem >&3
readlink usr/lib/systemd/system/initrd.target.wants/* >&3
cmp usr/bin/exitrd /usr/bin/exitrd; test -x usr/bin/exitrd
`);
  const modules = "efivarfs erofs loop squashfs ";
  expect(lines).toEqual([
    ...[modules, modules],
    "./etc/exitrd.conf.d/masked.conf",
    "./etc/exitrd/extensions/tool/usr/bin/tool",
    "./etc/exitrd/revoked.d/broken.pem",
    "./etc/exitrd/trusted.d/a.pem",
    "./etc/exitrd/trusted.d/b.pem",
    "./usr/bin/exitrd",
    "./usr/lib/exitrd/exitrd.img",
    "./usr/lib/exitrd/trusted.d/a.pem",
    "./usr/lib/exitrd/trusted.d/b.pem",
    "./usr/lib/systemd/system/exitrd-initrd.service",
    "./usr/lib/systemd/system/initrd.target.wants/exitrd-initrd.service",
    ...["broken.pem", "../exitrd-initrd.service"],
  ]);
});

test("nothing is copied if the unit is masked or the image is damaged", () => {
  const lines = run(`
try() { /usr/lib/exitrd/copy-to-initrd /tmp/tree-$1 >&3 2>&3; [ ! -e /tmp/tree-$1 ]; }
ln -s /dev/null /etc/systemd/system/exitrd-load.service; try masked
rm /etc/systemd/system/exitrd-load.service; echo x >/usr/lib/exitrd/exitrd.img; try damaged
`);
  expect(lines).toEqual([
    "I: exitrd: exitrd-load.service is masked: there is no image in the initrd",
    expect.stringMatching("^exitrd: cannot load '/usr/lib/exitrd/exitrd.img': "),
    "W: exitrd: there is no image in the initrd",
  ]);
});

test("kernel-install continues if there is no space for the image, and leaves no partial file", () => {
  const lines = run(`
plugin=/usr/lib/kernel/install.d/58-exitrd.install
mkdir /tmp/area
for kib in 64 1024 2048 3072 4096 5120 6144 16384; do
  mount -t tmpfs -o size=\${kib}k tmpfs /tmp/area
  echo main >/tmp/area/initrd
  code=0
  KERNEL_INSTALL_STAGING_AREA=/tmp/area $plugin add 6.1 /boot/6.1 /boot/vmlinuz 2>/tmp/said || code=$?
  [ ! -e /tmp/area/initrd-exitrd ] || cpio -t --quiet </tmp/area/initrd-exitrd >/tmp/list
  echo $code $(ls /tmp/area) $(grep ^W: /tmp/said) >&3
  umount /tmp/area
done
`);
  const refused = "0 initrd W: exitrd: there is no image in the initrd";
  expect(lines[0]).toBe(refused);
  expect(lines.at(-1)).toBe("0 initrd initrd-exitrd");
  expect(new Set(lines)).toEqual(new Set([refused, "0 initrd initrd-exitrd"]));
});

test("dracut's initrd does not grow beyond its file system, where dracut would delete it", () => {
  const lines = run(`
mkdir /tmp/boot
mount -t tmpfs -o size=4096k tmpfs /tmp/boot
# As if a program in it was killed by SIGPIPE.
printf '#!/bin/sh\\n. /tmp/listed\\nexit 141\\n' >/usr/bin/lsinitrd; chmod 755 /usr/bin/lsinitrd
: >/tmp/listed
cat >/tmp/dracut <<'END'
. /usr/lib/dracut/modules.d/99exitrd/module-setup.sh
dracut_module_included() { true; }
instmods() { true; }
outfile=$1 initdir=/tmp/tree
install
END
try() {
  rm -rf /tmp/tree
  bash -eo pipefail /tmp/dracut /tmp/boot/$1 2>&3
  if [ -e /tmp/tree/usr/bin/exitrd ]; then echo added; else echo left out; fi >&3
}
try initrd
echo old >/tmp/boot/initrd; try initrd
head -c 3300000 /dev/zero >/tmp/boot/vmlinuz; try initrd
# What the old initrd has: the loader and an image, a smaller image than the new one, or one made here.
list() { for entry in "$@"; do echo "echo '-rw-r--r--   1 root     root     $entry'"; done >/tmp/listed; try initrd; }
list '2900000 Jan  1  1970 usr/bin/exitrd' '900000 Jan  1  1970 usr/lib/exitrd/exitrd.img'
list '100000 Jan  1  1970 usr/bin/exitrd' '9000 Jan  1  1970 usr/lib/exitrd/exitrd.img' 2>&1
list '2900000 Jan  1  1970 usr/bin/exitrd' '900000 Jan  1  1970 var/lib/exitrd/exitrd.img'
: >/tmp/listed; echo 'stat() { false; }' | cat - /tmp/dracut >/tmp/unknown; mv /tmp/unknown /tmp/dracut; try initrd
`);
  expect(lines).toEqual([
    ...["added", "added"],
    expect.stringMatching(
      /^W: exitrd: there is no image in the initrd: '\/tmp\/boot' has [0-9]{3} KiB free, and [0-9]{4} are needed$/,
    ),
    ...["left out", "added", expect.stringContaining("W: exitrd: "), "left out", "added"],
    // The free space is not known.
    "added",
  ]);
});

test("kernel-install adds it once, next to an initrd without it", () => {
  const lines = run(`
plugin=/usr/lib/kernel/install.d/58-exitrd.install
install() {
  rm -rf /tmp/area; mkdir /tmp/area
  [ -z "$initrd" ] || cp -d $initrd /tmp/area
  KERNEL_INSTALL_VERBOSE=1 KERNEL_INSTALL_STAGING_AREA=/tmp/area $plugin add 6.1 /boot/6.1 /boot/vmlinuz "$@" >&3
  ls /tmp/area | tr '\\n' ' ' >&3; echo >&3
}
echo main >/tmp/initrd
initrd=/tmp/initrd install
cp /tmp/area/initrd-exitrd /tmp/first
initrd=/tmp/initrd install; cmp /tmp/area/initrd-exitrd /tmp/first
initrd= install
initrd= install /boot/mine
echo hooks >/boot/initrd.img-6.1; ln -s /boot/initrd.img-6.1 /tmp/initrd.img-6.1
initrd=/tmp/initrd.img-6.1 install
initrd= install /boot/initrd.img-6.1
echo dracut >/boot/initramfs-6.1.img; initrd= install /boot/initramfs-6.1.img
printf '#!/bin/sh\\n' >/usr/bin/dracut; chmod 755 /usr/bin/dracut
initrd=/tmp/initrd install
initrd= install /boot/initramfs-6.1.img
initrd= install /boot/mine
KERNEL_INSTALL_INITRD_GENERATOR=mkinitcpio initrd=/tmp/initrd install
$plugin remove 6.1 /boot/6.1
cpio -t --quiet </tmp/first | grep -e exitrd.img -e wants/ >&3
`);
  const staged = "exitrd: staged '/tmp/area/initrd-exitrd'";
  expect(lines).toEqual([
    ...[staged, "initrd initrd-exitrd ", staged, "initrd initrd-exitrd "],
    ...["exitrd: no initrd is staged, and none is added", ""],
    ...[staged, "initrd-exitrd "],
    ...["exitrd: the initrd has it already", "initrd.img-6.1 "],
    ...["exitrd: the initrd has it already", ""],
    // Without dracut, another generator made it.
    ...[staged, "initrd-exitrd "],
    ...["exitrd: the initrd has it already", "initrd "],
    ...["exitrd: the initrd has it already", ""],
    ...[staged, "initrd-exitrd "],
    ...[staged, "initrd initrd-exitrd "],
    "usr/lib/exitrd/exitrd.img",
    "usr/lib/systemd/system/initrd.target.wants/exitrd-initrd.service",
  ]);
});
