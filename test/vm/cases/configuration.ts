import type { Case } from "../case.ts";

// Hooks before the first step get half of the time for releasing: 12 s if Timeout= is 30 s.
const configure = `set -e
cat >/etc/exitrd.conf <<end
[Exitrd]
Timeout=30s
StepTimeout=umount:3s \\\\
  dm-remove:7s
Timout=5s
end
mkdir -p /etc/exitrd.conf.d /run/exitrd.conf.d
printf '[Exitrd]\\nHookTimeout=4s\\n' >/etc/exitrd.conf.d/50-hooks.conf
printf '[Exitrd]\\nTimeout=90s\\n' >/run/exitrd.conf.d/60-masked.conf
ln -s /dev/null /etc/exitrd.conf.d/60-masked.conf
exitrd status || true
if exitrd build --hook hook --output refused; then exit 1; fi
for name in 10-first 11-second 15-fuse 20-hang 21-hang 22-hang 30-late ups; do cp hook $name; done
exitrd build --hook 22-hang --hook 21-hang --hook 20-hang --hook 15-fuse --hook 11-second \\
  --hook 10-first --hook 30-late --system-shutdown ups
exitrd inspect /var/lib/exitrd/exitrd.img
exitrd load
sed 's/^/in RAM: /' /run/initramfs/etc/exitrd.conf
exitrd status || true
update-initramfs -u >/dev/null
lsinitramfs /boot/initrd.img-* | grep exitrd.conf
modprobe fuse
systemctl poweroff
`;

const wrongLine =
  /\/etc\/exitrd\.conf:5: unknown key 'Timout' \(did you mean 'Timeout'\?\), ignoring/;

/** Configuration and hooks of an administrator, and their effect on a shutdown. */
export const configurationCases: readonly Case[] = [
  {
    name: "lvm-on-luks: configured, with hooks of which some hang",
    stack: "lvm-on-luks",
    equipment: "exitrd",
    script: configure,
    files: ["hook"],
    extraCommandLine: "exitrd.break=after-umount exitrd.zfs=now",
    limitSeconds: 900,
    expect: {
      ending: "poweroff",
      fileSystems: "clean",
      controllerShutDown: true,
      volumeKey: "absent",
      output: [
        /^config: +changed since it was loaded: run 'exitrd load'$/,
        new RegExp(`^warning: +${wrongLine.source}$`),
        /^exitrd: cannot add 'hook': a hook must be named NN-name/,
        / 11-second$|hooks\.d\/11-second$/,
        /system-shutdown\/ups$/,
        new RegExp(`^exitrd: ${wrongLine.source}$`),
        /^exitrd: loaded /,
        /^in RAM: Timeout=30000ms$/,
        /^in RAM: StepTimeout=dm-remove:7000ms umount:3000ms$/,
        /^in RAM: HookTimeout=4000ms$/,
        /^config: +loaded$/,
        new RegExp(`^warning: +${wrongLine.source}$`),
        /^etc\/exitrd\.conf$/,
        /^etc\/exitrd\.conf\.d\/60-masked\.conf$/,
      ],
      console: [
        /exitrd: \/proc\/cmdline: cannot read 'exitrd\.zfs=now': expected export, release or leave, ignoring/,
        /10-first says: before-umount poweroff/,
        /hook '10-first' +before-umount/,
        /11-second says: before-umount poweroff/,
        /hook '11-second' +before-umount/,
        /hook '15-fuse' +before-umount/,
        /hook '20-hang' \(before-umount\): timed out after 4000 ms, ignoring/,
        /hook '21-hang' \(before-umount\): timed out after 4000 ms, ignoring/,
        // If the total deadline were 90 s, it would also get 4 s.
        /hook '22-hang' \(before-umount\): (timed out after [0-3]\d* ms|no time left), ignoring/,
        /hook '30-late' \(before-umount\): no time left, ignoring/,
        /exitrd: umount '\/oldroot\/srv': 2 s of 3 s/,
        /cannot unmount '\/oldroot\/srv': no answer within 3000 ms, abandoned/,
        /umount '\/oldroot'/,
        /dm remove 'vg-root'/,
        /dm remove 'cryptroot'/,
        /layers released in .*, nothing left; poweroff/,
        /cannot open a debug shell after-umount: the image has no '\/bin\/sh', ignoring/,
        /10-first says: after-umount poweroff/,
        /11-second says: after-umount poweroff/,
        /hook '30-late' +after-umount/,
        /10-first says: before-verb poweroff/,
        /11-second says: before-verb poweroff/,
        /ups says: poweroff/,
        /'\/usr\/lib\/systemd\/system-shutdown\/ups'/,
      ],
      consoleNever: [/Kernel panic/, /last resort/],
    },
  },
];
