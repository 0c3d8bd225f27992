import type { Case } from "../case.ts";

// Each block plants faults of one family, has them reported, and cures them as the report says.
const plantFaults = `set -u
check() { echo "== $1"; exitrd check; echo "$1: status $?"; }
cure() { exitrd check | sed -n "/$1/,/cure:/s/^  cure: //p"; }
check clean
systemctl start exitrd-check.service
echo "unit, clean: $(systemctl is-failed exitrd-check.service), motd: $(cat /run/motd.d/exitrd 2>&1)"

mount -o remount,bind,noexec /run/initramfs
check noexec
systemctl start exitrd-check.service
echo "unit, noexec: $(systemctl is-failed exitrd-check.service), motd: $(cat /run/motd.d/exitrd 2>&1)"
eval "$(cure 'mounted noexec')"
check cured

printf '[Exitrd]\\nTimeout=2s\\nTimout=5s\\n' >/etc/exitrd.conf
check configured
exitrd load
check loaded
rm /etc/exitrd.conf
exitrd load

printf '#!/bin/sh\\nupsmon -K && upsdrvctl shutdown\\n' >/usr/lib/systemd/system-shutdown/nutshutdown
chmod +x /usr/lib/systemd/system-shutdown/nutshutdown
modprobe target_core_user
mount -t configfs none /sys/kernel/config 2>/dev/null
mkdir -p /sys/kernel/config/target/core/user_0/disk
truncate -s 32M /var/tmp/luks
echo secret >/var/tmp/key
cryptsetup luksFormat --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 -q /var/tmp/luks /var/tmp/key
echo '{"type":"systemd-tpm2","keyslots":["0"],"tpm2-blob":"AAAA","tpm2-pcrs":[7,12],"tpm2-policy-hash":"00"}' |
  cryptsetup token import --token-id 3 /var/tmp/luks
cryptsetup open --key-file /var/tmp/key /var/tmp/luks bound
check held
cryptsetup close bound
rmdir /sys/kernel/config/target/core/user_0/disk /sys/kernel/config/target/core/user_0
chmod -x /usr/lib/systemd/system-shutdown/nutshutdown

cp /usr/bin/tac /usr/bin/tacit
exitrd build --tool /usr/bin/tacit
check built
exitrd load
printf '\\0' >>/usr/bin/tacit
check stale
rm -r /var/lib/exitrd/exitrd.img
exitrd load
check again
systemctl start exitrd-check.service
echo "unit, again: $(systemctl is-failed exitrd-check.service), motd: $(cat /run/motd.d/exitrd 2>&1)"
exitrd check --json | tr -d ' \\n'; echo
systemctl poweroff
`;

const nothing = /^nothing found: the next shutdown will be clean$/;

/** What `exitrd check` finds on a real machine, and that it finds nothing else. */
export const checkCases: readonly Case[] = [
  {
    name: "ext4: check names planted faults, and nothing once they are cured",
    stack: "ext4",
    equipment: "exitrd",
    script: plantFaults,
    hasTpm: true,
    limitSeconds: 600,
    expect: {
      ending: "poweroff",
      fileSystems: "clean",
      output: [
        nothing,
        /^clean: status 0$/,
        /^unit, clean: inactive, motd: cat: .*No such file/,
        /^error: '\/run\/initramfs' is mounted noexec$/,
        /^noexec: status 2$/,
        /^unit, noexec: failed, motd: exitrd: the next shutdown will not be clean: 1 error: see 'exitrd check'; once cured: 'systemctl start exitrd-check.service'$/,
        nothing,
        /^cured: status 0$/,
        /^the next shutdown may not be clean: 2 warnings$/,
        /^warning: the configuration was changed after it was loaded$/,
        /^warning: \/etc\/exitrd\.conf:3: unknown key 'Timout' \(did you mean 'Timeout'\?\), ignoring$/,
        /^configured: status 1$/,
        /^the next shutdown may not be clean: 2 warnings$/,
        /^warning: \/etc\/exitrd\.conf:3: unknown key 'Timout' \(did you mean 'Timeout'\?\), ignoring$/,
        /^warning: the shutdown is limited to 2 s by Timeout=$/,
        /^loaded: status 1$/,
        /^the next shutdown will not be clean: 1 error, 1 warning, 1 note$/,
        /^error: tcmu keeps 'disk' open$/,
        /^warning: the key of 'loop\d+' is bound to PCR 12, which exitrd extends$/,
        /^note: after a power failure, '\/usr\/lib\/systemd\/system-shutdown\/nutshutdown' makes the UPS cut the power$/,
        /^held: status 2$/,
        /^the next shutdown may not be clean: 1 warning$/,
        /^warning: the loaded exitrd differs from '\/var\/lib\/exitrd\/exitrd\.img'$/,
        /^built: status 1$/,
        /^the next shutdown may not be clean: 1 warning$/,
        /^warning: '\/usr\/bin\/tacit' was updated after the image was built$/,
        /^stale: status 1$/,
        nothing,
        /^again: status 0$/,
        /^unit, again: inactive, motd: cat: .*No such file/,
      ],
    },
  },
];
