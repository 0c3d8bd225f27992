import type { Case } from "../case.ts";

const script = `set -e
mkdir -p /etc/exitrd/trusted.d /etc/exitrd/extensions
cp signer.pem /etc/exitrd/trusted.d
# The package's image has no signature.
printf '[Exitrd]\\nVerify=prefer\\n' >/etc/exitrd.conf
cp exitrd-debug.sysext.raw exitrd-debug.sysext.raw.p7s /etc/exitrd/extensions
cp exitrd-debug.sysext.raw /etc/exitrd/extensions/unsigned.raw
exitrd load
exitrd status || true
losetup --list
echo "loop devices: $(losetup --noheadings --list | wc -l)"
update-initramfs -u >/dev/null
lsinitramfs /boot/initrd.img-* | grep -E 'extensions|trusted|/(loop|squashfs|erofs)\\.ko'
systemctl poweroff
`;

/** A shell from a signed extension, on the console of a machine that is shutting down. */
export const extensionCases: readonly Case[] = [
  {
    name: "ext4: a signed extension with a shell, and exitrd.break",
    stack: "ext4",
    equipment: "exitrd",
    script,
    files: ["exitrd-debug.sysext.raw", "exitrd-debug.sysext.raw.p7s", "signer.pem"],
    extraCommandLine: "exitrd.break=after-umount",
    answers: [
      {
        text: "exitrd: debug shell after-umount",
        typed: "echo the shell says $((6 * 7)); ls /; cat /extensions.json; exit\n",
      },
    ],
    limitSeconds: 900,
    expect: {
      ending: "poweroff",
      fileSystems: "clean",
      controllerShutDown: true,
      output: [
        /^exitrd: loaded sysext exitrd-debug 1\.\S+ of '\/etc\/exitrd\/extensions\/exitrd-debug\.sysext\.raw', signed by 'exitrd test'$/,
        /^exitrd: cannot load extension '\/etc\/exitrd\/extensions\/unsigned\.raw': no signature .*, ignoring$/,
        /^exitrd: loaded '\/usr\/lib\/exitrd\/exitrd\.img'/,
        /^shutdown: through exitrd, /,
        /^with: +sysext exitrd-debug /,
        /^without: +'\/etc\/exitrd\/extensions\/unsigned\.raw': /,
        /^loop devices: 0$/,
        /^etc\/exitrd\/extensions\/exitrd-debug\.sysext\.raw\.p7s$/,
        /^etc\/exitrd\/trusted\.d\/signer\.pem$/,
        /\/loop\.ko/,
        /\/erofs\.ko/,
        /\/squashfs\.ko/,
      ],
      console: [
        /umount '\/oldroot'/,
        /layer released in .*, nothing left; poweroff/,
        /exitrd: debug shell after-umount \(exitrd\.break=\)/,
        /^the shell says 42/,
        /manifest\.json/,
        /"refused":\[/,
        /reboot: Power down/,
      ],
      consoleNever: [/Kernel panic/, /last resort/, /cannot open a debug shell/],
    },
  },
];
