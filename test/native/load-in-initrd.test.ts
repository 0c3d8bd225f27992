import { afterAll, beforeAll, expect, test } from "vitest";
import { type BareCopy, openBareCopy } from "./machine-copy.ts";

let copy: BareCopy;

beforeAll(() => {
  copy = openBareCopy(["integration/initrd/load-in-initrd"]);
});
afterAll(() => copy.close());

const mounted = [
  "modprobe -q efivarfs",
  "mount -t efivarfs -o ro,nosuid,nodev,noexec efivarfs /sys/firmware/efi/efivars",
  ...["load", "umount /sys/firmware/efi/efivars"],
].join("; ");

// The shell of an initrd, where its programs are, and the names of others that it needs.
test.each([
  ["dash", "/bin/dash", "/usr/bin", ""],
  ["BusyBox", "/usr/bin/busybox sh", "/tmp/busybox", "ls readlink"],
  ["klibc", "/usr/lib/klibc/bin/sh", "/usr/lib/klibc/bin", ""],
])(
  "in an initrd with %s, the image is loaded if the real root wants that, with efivarfs",
  (_, shell, path, links) => {
    const { stdout, stderr, status } = copy.run(`
variables=/sys/firmware/efi/efivars
mkdir -p /tmp/bin /tmp/busybox /tmp/root/usr/bin /tmp/root/etc/systemd/system
for name in ${links}; do ln -s /usr/bin/busybox /tmp/busybox/$name; done
for name in modprobe mount umount; do printf '#!/bin/sh\\necho "%s $*; " >&3\\n' $name >/tmp/bin/$name; done
printf '#!/bin/sh\\necho "load; " >&3\\n' | tee /usr/bin/exitrd >/tmp/root/usr/bin/exitrd
chmod 755 /tmp/bin/* /usr/bin/exitrd
mount -t tmpfs tmpfs /sys/firmware
mount --bind /dev/null /dev/kmsg
exec 4>&1
try() { PATH=/tmp/bin:${path} ${shell} ${copy.dir}/load-in-initrd /tmp/root 3>/tmp/said; tr -d '\\n' </tmp/said >&4; echo >&4; }
try
mkdir -p $variables; try
: >$variables/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c; try
rm $variables/*
mask=/tmp/root/etc/systemd/system/exitrd-load.service
ln -s /dev/null $mask; try
rm $mask; : >$mask; try
echo unit >$mask; try
rm /tmp/root/usr/bin/exitrd; try
`);
    const lines = stdout.split("\n").slice(0, -1);
    expect({ lines: lines.map((line) => line.replace(/; $/, "")), stderr, status }).toEqual({
      lines: [...["load", mounted, "load"], ...["", ""], mounted, ""],
      ...{ stderr: "", status: 0 },
    });
  },
);
