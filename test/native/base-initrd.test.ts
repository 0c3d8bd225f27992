import { afterAll, beforeAll, expect, test } from "vitest";
import { type MachineCopy, openMachineCopy } from "./machine-copy.ts";

let copy: MachineCopy;

beforeAll(() => {
  copy = openMachineCopy();
});
afterAll(() => copy.close());

/** What the script prints to descriptor 3, line by line. */
function run(script: string): readonly string[] {
  const { stdout, stderr, status } = copy.run(`
exec 3>&1 >/dev/null
dpkg -i '${copy.exitrd}'
build() { exitrd build --output "$@"; }
${script}`);
  expect(status, stderr).toBe(0);
  return stdout.trimEnd().split("\n");
}

/**
 * Makes an initrd for this kernel with initramfs-tools, with secrets and hooks like those of
 * administrators and dracut.
 */
function runWithInitrd(script: string): readonly string[] {
  return run(`
release=$(uname -r)
mkdir -p /lib/modules/$release
touch /lib/modules/$release/modules.order /lib/modules/$release/modules.builtin
echo CONFIG_RD_ZSTD=y >/boot/config-$release
sed -i -e 's/^MODULES=.*/MODULES=list/' -e 's/^BUSYBOX=.*/BUSYBOX=y/' /etc/initramfs-tools/initramfs.conf
cat >/etc/initramfs-tools/hooks/own <<'EOF'
#!/bin/sh
[ "$1" != prereqs ] || exit 0
put() { mkdir -p "$DESTDIR\${1%/*}" && cat >"$DESTDIR$1" && chmod "$2" "$DESTDIR$1"; }
echo the-volume-key | put /cryptroot/keyfiles/root.key 644
echo the-login-key | put /root/.ssh/authorized_keys 644
echo 'info() { echo "$*"; }' | put /usr/lib/dracut-lib.sh 644
echo 'info "early $ACTION"' | put /usr/lib/dracut/hooks/pre-shutdown/10-early.sh 644
echo 'info "late final=$1"; [ "$final" = final ]' | put /usr/lib/dracut/hooks/shutdown/20-late.sh 644
echo 'info "hidden"' | put /usr/lib/dracut/hooks/shutdown/30-own.sh 644
echo 'info "own"; exit 0' | put /etc/dracut/hooks/shutdown/30-own.sh 644
echo 'info "storage"' | put /usr/lib/dracut/hooks/shutdown/25-dm-shutdown.sh 644
printf '#!/bin/sh\\necho "finalrd $1"\\n' | put /usr/share/finalrd/own.finalrd 755
EOF
chmod 755 /etc/initramfs-tools/hooks/own
initrd=/boot/initrd.img-$release
mkinitramfs -c zstd -o $initrd $release
${script}`);
}

test("the machine's own initrd is there at shutdown, without secrets, and its hooks run", () => {
  const lines = runWithInitrd(`
build /tmp/image --base initrd 2>&1 | sed "s,$initrd,INITRD," | grep -v KiB >&3
exitrd load --image /tmp/image 2>/dev/null
tree=/run/initramfs
mount --bind /dev $tree/dev
{
  cmp $tree/shutdown /usr/lib/exitrd/exitrd-shutdown && echo "our program"
  grep -rlF -e the-volume-key -e the-login-key $tree || echo "no secret"
  find $tree -path '*/modules/*' -o -name '*exitrd*.img' | grep . || echo "no modules, no image"
  chroot $tree /bin/sh -c 'ls -d /shutdown; /sbin/blkid --version >/dev/null && echo blkid runs'
  for stage in before-umount after-umount before-verb; do
    echo "$stage:"
    chroot $tree /usr/lib/exitrd/hooks.d/50-dracut $stage poweroff || echo "status $?"
  done
  chroot $tree /usr/lib/systemd/system-shutdown/own.finalrd poweroff
  umount $tree/dev
  exitrd status | grep '^warning.*copied' || echo "no copy is old"
} >&3
`);
  const storage = "/usr/lib/dracut/hooks/shutdown/25-dm-shutdown.sh";
  expect(lines).toEqual([
    expect.stringMatching(/^exitrd: the base is 'INITRD', without [0-9]+ modules, firmware and/),
    "exitrd: left out '/cryptroot/keyfiles/root.key', which may be a secret",
    "exitrd: left out '/root/.ssh/authorized_keys', which may be a secret",
    `exitrd: left out '${storage}', whose work PID 1 does`,
    "exitrd: '/usr/lib/dracut/hooks/pre-shutdown/10-early.sh' will run before-umount",
    "exitrd: '/etc/dracut/hooks/shutdown/30-own.sh' will run after-umount",
    "exitrd: '/usr/lib/dracut/hooks/shutdown/20-late.sh' will run after-umount",
    "exitrd: '/usr/lib/dracut/hooks/shutdown/30-own.sh' will run after-umount",
    "exitrd: '/usr/share/finalrd/own.finalrd' will run last",
    ...["our program", "no secret", "no modules, no image", "/shutdown", "blkid runs"],
    ...["before-umount:", "early poweroff"],
    // The administrator's hook hides dracut's hook of the same name; one that fails is called again.
    ...["after-umount:", "own", "late final=", "late final=final", "before-verb:"],
    ...["finalrd poweroff", "no copy is old"],
  ]);
});

test("the image is the same for every compression of the initrd, and from a kernel image", () => {
  const lines = run(`
mkdir -p /tmp/tree/bin && cp /bin/cat /bin/busybox /tmp/tree/bin && ln -s busybox /tmp/tree/bin/sh
(cd /tmp/tree && find . | cpio -o -H newc --quiet) >/tmp/cpio
zstd -q /tmp/cpio -o /tmp/initrd.zst
build /tmp/zstd --base initrd=/tmp/initrd.zst 2>/dev/null
try() {
  cat >/tmp/initrd
  build /tmp/$1 --base initrd=/tmp/initrd 2>/tmp/said || cat /tmp/said >&3
  cmp /tmp/zstd /tmp/$1 && echo "$1" >&3
}
mkdir -p /tmp/early/kernel/x86/microcode
head -c 5000 /dev/urandom >/tmp/early/kernel/x86/microcode/GenuineIntel.bin
early() { (cd /tmp/early && find kernel | cpio -o -H newc --quiet); }
cat /tmp/cpio | try none
gzip -1c /tmp/cpio | try gzip
xz -0c --check=crc32 /tmp/cpio | try xz
xz -0c --format=lzma /tmp/cpio | try lzma
bzip2 -1c /tmp/cpio | try bzip2
lz4 -lc /tmp/cpio | try lz4
lzop -1c /tmp/cpio | try lzop
{ early; xz -0c --check=crc32 /tmp/cpio; printf '\\0\\0\\0'; early; } | try several
objcopy --add-section .initrd=/tmp/initrd.zst --change-section-vma .initrd=0x3000000 \\
  /usr/lib/systemd/boot/efi/linuxx64.efi.stub /tmp/uki
cat /tmp/uki | try uki
head -c 300000 /tmp/initrd.zst | try short || true
xz -0c --check=crc32 /tmp/cpio | head -c 100000 | try short || true
for name in usr/bin bin; do [ ! -e /$name/lz4 ] || rm /$name/lz4; done
printf '\\2\\41\\114\\30' | try packed || true
`);
  const cure = "name another one with --base initrd=FILE";
  expect(lines).toEqual([
    ...["none", "gzip", "xz", "lzma", "bzip2", "lz4", "lzop", "several", "uki"],
    expect.stringMatching(`^exitrd: cannot build on '/tmp/initrd': .*: ${cure}$`),
    expect.stringMatching(
      `^exitrd: cannot build on '/tmp/initrd': .*xz: .*Unexpected end of input: ${cure}$`,
    ),
    "exitrd: cannot build on '/tmp/initrd': it is compressed with lz4: install lz4, which unpacks it",
  ]);
});
