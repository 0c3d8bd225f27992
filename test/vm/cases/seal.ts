import type { Case } from "../case.ts";

const script = `set -u
image=/usr/lib/exitrd/exitrd.raw
mkdir -p /etc/exitrd/trusted.d /etc/exitrd/extensions
cp signer.pem /etc/exitrd/trusted.d
cp exitrd.raw $image
printf '[Exitrd]\\nSeal=verity\\nLogLevel=debug\\n' >/etc/exitrd.conf
exitrd verify $image
exitrd inspect $image
exitrd load
exitrd status
exitrd load
device=$(findmnt -n -o SOURCE /run/initramfs)
echo "table: $(dmsetup table $device)"
loop=/dev/$(ls /sys/class/block/\${device##*/}/slaves)
try() {
  name=$1
  shift
  "$@" >said 2>&1
  echo "$name: exit $?"
  sed "s/^/$name: /" said
}
try 'writes' sh -c 'echo >>/run/initramfs/shutdown'
try 'remounts' mount -o remount,rw /run/initramfs
try 'writes the device' dd if=/dev/zero of=$device bs=4096 count=1 conv=notrunc
try 'writes the loop device' dd if=/dev/zero of=$loop bs=4096 count=1 conv=notrunc
cp exitrd.img.p7s /usr/lib/exitrd
try 'loads an archive' exitrd load --image /usr/lib/exitrd/exitrd.img
cp attacker.raw $image
try "loads an attacker's" exitrd load
cp exitrd.raw $image
printf X | dd of=$image bs=1 seek=100000 conv=notrunc status=none
try 'loads a changed one' exitrd load
cp exitrd.raw $image
cp exitrd-debug.sysext.raw exitrd-debug.sysext.raw.p7s /etc/exitrd/extensions
try 'loads with an extension' exitrd load
rm /etc/exitrd/extensions/*
exitrd unload
echo "devices: $(dmsetup ls | grep -c exitrd)"
echo "loop devices: $(losetup --noheadings --list | wc -l)"
ls -d /run/initramfs*
update-initramfs -u >/dev/null
lsinitramfs /boot/initrd.img-* | grep -E 'exitrd/exitrd\\.raw|/(loop|dm-verity|erofs)\\.ko' | sort
exitrd load
systemctl poweroff
`;

const refused = (name: string, reason: RegExp): readonly RegExp[] => [
  new RegExp(`^${name}: exit 1$`),
  new RegExp(`^${name}: .*${reason.source}`),
];

/** A tree under dm-verity: the kernel prevents changes, and the machine shuts down through it. */
export const sealCases: readonly Case[] = [
  {
    name: "ext4: a sealed image is read through dm-verity, and powers off",
    stack: "ext4",
    equipment: "exitrd",
    script,
    files: [
      ...["exitrd.raw", "attacker.raw", "exitrd.img.p7s", "signer.pem"],
      ...["exitrd-debug.sysext.raw", "exitrd-debug.sysext.raw.p7s"],
    ],
    limitSeconds: 400,
    expect: {
      ending: "poweroff",
      fileSystems: "clean",
      controllerShutDown: true,
      output: [
        /^\/usr\/lib\/exitrd\/exitrd\.raw: signed by 'exitrd test' /,
        /^0555 +[0-9]+ [0-9a-f]{16} shutdown$/,
        /^exitrd: loaded '\/usr\/lib\/exitrd\/exitrd\.raw' into '\/run\/initramfs' \(erofs under dm-verity, version .*, signed by 'exitrd test'; /,
        /^shutdown: through exitrd, /,
        /^loaded: .*intact, same as the image$/,
        /^memory: +erofs under dm-verity, never swapped, /,
        /^config: +loaded$/,
        /^exitrd: '\/usr\/lib\/exitrd\/exitrd\.raw' is already loaded /,
        /^table: 0 [0-9]+ verity 1 \S+ \S+ 4096 4096 [0-9]+ [0-9]+ sha256 [0-9a-f]{64} -/,
        /^writes: .*Read-only file system$/,
        /^remounts: .*write-protected/,
        /^writes the device: .*Operation not permitted$/,
        /^writes the loop device: .*Operation not permitted$/,
        ...refused("loads an archive", /Seal=verity requires a sealed image/),
        ...refused("loads an attacker's", /'Mallory', certified by 'Mallory', is not trusted/),
        ...refused("loads a changed one", /do not match the signed root hash/),
        /^loads with an extension: exit 0$/,
        /^loads with an extension: exitrd: cannot load extension .*: nothing can be added to a sealed image/,
        /^exitrd: unloaded '\/run\/initramfs'$/,
        /^devices: 0$/,
        /^loop devices: 0$/,
        /exitrd\/exitrd\.raw$/,
        /\/dm-verity\.ko/,
        /\/erofs\.ko/,
        /^exitrd: loaded '\/usr\/lib\/exitrd\/exitrd\.raw' into /,
      ],
      console: [
        // The root, and the tree's mount, which systemd has left there.
        /exitrd: releasing 2 layers and/,
        /umount '\/oldroot\/run\/initramfs' +erofs/,
        /umount '\/oldroot' /,
        /exitrd: 2 layers released in .*, nothing left; poweroff/,
        // Only the configuration next to the tree requests this.
        /exitrd: .* resident at most/,
        /reboot: Power down/,
      ],
      consoleNever: [/Kernel panic/, /last resort/, /exitrd: .*(changed|cannot|left:)/],
    },
  },
];
