import type { Case } from "../case.ts";

// "try NAME COMMAND…" prints the output and exit status of a command, and whether the tree is still
// the one that was loaded first.
const script = `set -u
image=/usr/lib/exitrd/exitrd.img
etc=/etc/exitrd
mkdir -p $etc/trusted.d $etc/revoked.d $etc/extensions
cp signer.pem $etc/trusted.d
cp exitrd.img.p7s $image.p7s
cp $image good.img
# All but the stamp of what was measured, and of the configuration.
tree() { (cd /run/initramfs && find . -xdev -type f ! -path './etc/exitrd.*' | sort | xargs sha256sum | sha256sum); }
try() {
  name=$1
  shift
  "$@" >said 2>&1
  echo "$name: exit $?, $([ "$(tree)" = "$first" ] && echo same || echo other) tree"
  sed "s/^/$name: /" said
}
put_back() { cp good.img $image; cp exitrd.img.p7s $image.p7s; }
# What the initrd has loaded was not signed yet.
exitrd unload
exitrd load
first=$(tree)

printf X | dd of=$image bs=1 seek=1000 conv=notrunc status=none
try 'changed image' exitrd load
truncate -s 1000 $image
try 'short image' exitrd load
put_back
cp exitrd-debug.sysext.raw.p7s $image.p7s
try "another file's signature" exitrd load
cp attacker.p7s $image.p7s
try "attacker's signature" exitrd load
rm $image.p7s
try 'no signature' exitrd load
ln -s /etc/shadow $image.p7s
try 'link for a signature' exitrd load
put_back
cp signer.pem $etc/revoked.d
try 'revoked signer' exitrd load
rm $etc/revoked.d/*
echo 999999999 >$etc/image-version-floor
try 'older than the floor' exitrd load
echo rubbish >$etc/image-version-floor
try 'floor of rubbish' exitrd load
rm $etc/image-version-floor
printf '[Exitrd]\\nVerify=perhaps\\nTimeout=-1\\nHook=/bin/sh\\n=\\n' >/etc/exitrd.conf
try 'configuration of rubbish' exitrd load
rm /etc/exitrd.conf
try 'configuration put right' exitrd load

ext=exitrd-debug.sysext.raw
cp $ext $ext.p7s $etc/extensions
printf X | dd of=$etc/extensions/$ext bs=1 seek=5000 conv=notrunc status=none
try 'changed extension' exitrd load
cp $ext $etc/extensions
cp attacker.p7s $etc/extensions/$ext.p7s
try 'extension with another signature' exitrd load
rm $etc/extensions/*
mkdir -p $etc/extensions/own/usr/lib/exitrd/hooks.d
printf '#!/bin/sh\\n' >$etc/extensions/own/usr/lib/exitrd/hooks.d/10-own
try 'extension as a directory' exitrd load
rm -r $etc/extensions/own
mkdir -p /.extra/sysext
cp $ext /.extra/sysext
try 'unsigned from the ESP' exitrd load
rm -r /.extra
try 'extensions put right' exitrd load

# No image: that it is none is found out only after its signature was found good.
try 'by the key of the kernel that runs' exitrd verify module
printf X >>module
try 'changed since the kernel was built' exitrd verify module

as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
try 'nobody loads' as_nobody exitrd load
try 'nobody unloads' as_nobody exitrd unload
try 'nobody writes' as_nobody sh -c 'echo >>/run/initramfs/shutdown'
try 'nobody mounts' as_nobody mount -o remount,rw /run/initramfs
try 'root writes' sh -c 'echo >>/run/initramfs/shutdown'
mkdir /run/alias
mount --bind -o rw /run/initramfs /run/alias
mount -o remount,bind,rw /run/alias
try 'root writes by a bind mount' sh -c 'echo >>/run/alias/shutdown'
umount /run/alias
losetup --list --noheadings | sed 's/^/loop: /'

# What the table admits.
cp attacker.pem $etc/trusted.d
cp attacker.p7s $image.p7s
printf '[Exitrd]\\nTimeout=80s\\n' >/etc/exitrd.conf
try "attacker's certificate in trusted.d" exitrd load
rm $etc/trusted.d/*
rm $image.p7s
printf '[Exitrd]\\nTimeout=81s\\n' >/etc/exitrd.conf
try 'no trust at all' exitrd load
mount -o remount,rw /run/initramfs
echo LogLevel=7 >>/run/initramfs/etc/exitrd.conf
mount -o remount,ro /run/initramfs
try 'tree made writable' exitrd status
systemctl poweroff
`;

const refused = (name: string, reason: string): readonly RegExp[] => [
  new RegExp(`^${name}: exit 1, same tree$`),
  new RegExp(`^${name}: exitrd: cannot load '/usr/lib/exitrd/exitrd\\.img': .*${reason}`),
];

const without = (name: string, reason: string): readonly RegExp[] => [
  new RegExp(`^${name}: exit 0, other tree$`),
  new RegExp(`^${name}: exitrd: cannot load extension '.*': .*${reason}.*, ignoring$`),
];

/** Tests each row of docs/trust.md about root or an unprivileged user on the running system. */
export const tamperingCases: readonly Case[] = [
  {
    name: "ext4: root tampers with image, signature, trust, configuration, extensions and tree",
    stack: "ext4",
    equipment: "exitrd",
    script,
    files: [
      ...["exitrd.img.p7s", "attacker.p7s", "attacker.pem", "signer.pem"],
      ...["exitrd-debug.sysext.raw", "exitrd-debug.sysext.raw.p7s"],
      ...["module", "module.p7s"],
    ],
    limitSeconds: 400,
    expect: {
      ending: "poweroff",
      fileSystems: "clean",
      output: [
        /^exitrd: loaded .*, signed by 'exitrd test'; /,
        ...refused("changed image", "does not match this file"),
        ...refused("short image", "does not match this file"),
        ...refused("another file's signature", "does not match this file"),
        ...refused("attacker's signature", "'Mallory', certified by 'Mallory', is not trusted"),
        ...refused("no signature", "it is not signed"),
        ...refused("link for a signature", "not valid DER"),
        ...refused("revoked signer", "'exitrd test' is revoked"),
        ...refused("older than the floor", "below 999999999"),
        ...refused("floor of rubbish", "image-version-floor"),
        /^configuration of rubbish: exit 0, same tree$/,
        /^configuration of rubbish: exitrd: .*exitrd\.conf:2: .*Verify='perhaps'/,
        /^configuration put right: exit 0, same tree$/,
        ...without("changed extension", "does not match this file"),
        ...without("extension with another signature", "does not match this file"),
        ...without("extension as a directory", "directory"),
        ...without("unsigned from the ESP", "no signature"),
        /^extensions put right: exit 0, same tree$/,
        /^by the key of the kernel that runs: exitrd: cannot verify 'module': .*: sign a whole image$/,
        /^changed since the kernel was built: exitrd: .*its signature was not made by 'Build time autogenerated kernel key'/,
        /^nobody loads: exit 1, same tree$/,
        /^nobody unloads: exit 1, same tree$/,
        /^nobody writes: exit [12], same tree$/,
        /^nobody mounts: exit [0-9]+, same tree$/,
        /^root writes: exit [12], same tree$/,
        /^root writes by a bind mount: exit [12], same tree$/,
        /^attacker's certificate in trusted\.d: exit 0, same tree$/,
        /^attacker's certificate in trusted\.d: exitrd: loaded .*, signed by 'Mallory'; /,
        /^no trust at all: exit 0, same tree$/,
        /^no trust at all: exitrd: loaded .*, not signed; /,
        /^tree made writable: exit 1, same tree$/,
        /^tree made writable: loaded: .* damaged/,
      ],
      outputNever: [/^loop: /],
      console: [
        /umount '\/oldroot'/,
        /nothing left; poweroff/,
        // PID 1 checks its tree while the last sync runs.
        /exitrd: cannot verify '\/etc\/exitrd\.conf': changed after loading \(size\), ignoring/,
      ],
      consoleNever: [/Kernel panic/, /last resort/],
    },
  },
];
