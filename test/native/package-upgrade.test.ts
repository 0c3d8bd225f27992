import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type MachineCopy, openMachineCopy } from "./machine-copy.ts";

let dir: string;
let exitrd: string;
let copy: MachineCopy;

beforeAll(() => {
  copy = openMachineCopy();
  ({ dir, exitrd } = copy);
});

afterAll(() => copy.close());

/** A package without files, and with these scripts for dpkg. */
function makeEmptyPackage(name: string, scripts: Readonly<Record<string, string>>): string {
  const stage = join(dir, `stage-${name}`);
  mkdirSync(join(stage, "DEBIAN"), { recursive: true });
  const control = [
    ...[`Package: ${name}`, "Version: 999", "Architecture: all"],
    ...["Maintainer: nobody <nobody@exitrd.invalid>", "Description: a test", ""],
  ];
  writeFileSync(join(stage, "DEBIAN/control"), control.join("\n"));
  for (const [script, text] of Object.entries(scripts)) {
    writeFileSync(join(stage, "DEBIAN", script), text, { mode: 0o755 });
  }
  const deb = join(dir, `${name}.deb`);
  execFileSync("dpkg-deb", ["--root-owner-group", "--build", stage, deb], { stdio: "pipe" });
  return deb;
}

/** A package with one program, which prints `words`. */
function makePackage(version: string, words: string): string {
  const stage = join(dir, `stage-${version}`);
  for (const path of ["DEBIAN", "usr/bin"]) mkdirSync(join(stage, path), { recursive: true });
  const source = `#include <stdio.h>\nint main(void) { puts("${words}"); return 0; }`;
  const program = join(stage, "usr/bin/exitrd-test-tool");
  execFileSync("gcc", ["-x", "c", "-", "-o", program], { input: source });
  const control = [
    ...["Package: exitrd-test-tool", `Version: ${version}`, "Architecture: all"],
    ...["Maintainer: nobody <nobody@exitrd.invalid>", "Description: a test", ""],
  ];
  writeFileSync(join(stage, "DEBIAN/control"), control.join("\n"));
  const deb = join(dir, `tool-${version}.deb`);
  execFileSync("dpkg-deb", ["--root-owner-group", "--build", stage, deb], { stdio: "pipe" });
  return deb;
}

function runInCopy(script: string) {
  return copy.run(script);
}

const packaged = "/usr/lib/exitrd/exitrd.img";
const packagedFiles = [
  ...["copy-to-initrd", "exitrd-shutdown", "exitrd.img", "hooks", "inits", "load-in-initrd"],
  ...["rebuild-image", "update-initrds"],
];
const image = "/var/lib/exitrd/exitrd.img";
const tool = "/usr/bin/exitrd-test-tool";
const chosen = "$(exitrd status --print-image)";
const show = `exitrd inspect ${chosen} | grep '^copied from exitrd-test' || echo plain`;
const warn = "exitrd status | grep '^warning' || echo fine";
const list = "ls -A /usr/lib/exitrd /var/lib/exitrd | grep -v /";
const verify = "dpkg -V exitrd && echo as shipped";
const ask = `mkdir -p /etc/exitrd; printf '[Build]\\nTool=${tool}\\n' >/etc/exitrd/build.conf`;
const sign = `
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=test -addext keyUsage=digitalSignature \\
  -addext extendedKeyUsage=codeSigning -keyout /tmp/key -out /tmp/cert 2>/dev/null
exitrd sign --key /tmp/key --cert /tmp/cert`;

test("a new initrd is made only by a tool that adds the image, once after each change", () => {
  const any = makeEmptyPackage("exitrd-test-initrd", {
    triggers: "interest-noawait update-initramfs\n",
    postinst: '#!/bin/sh\n[ "$1" != triggered ] || echo "$2" >>/tmp/made\n',
  });
  const tools = ["initramfs-tools", "dracut"].map((name) => makeEmptyPackage(name, {}));
  const { stdout, stderr, status } = runInCopy(`
exec 3>&1 >/dev/null
for tool in initramfs-tools dracut; do dpkg --force-all --purge $tool || :; done
dpkg -i '${any}'
: >/tmp/made
count() { echo "$1: $(wc -l </tmp/made)" >&3; : >/tmp/made; }
change() {
  dpkg -i '${exitrd}'; count installed
  dpkg -i '${exitrd}'; count upgraded
  dpkg --remove exitrd; count removed
  dpkg --purge exitrd; count purged
}
change
for tool in ${tools.join(" ")}; do
  dpkg --force-depends -i $tool
  : >/tmp/made
  change
  dpkg --force-depends --purge $(basename $tool .deb)
done
`);
  const none = ["installed: 0", "upgraded: 0", "removed: 0", "purged: 0"];
  const each = ["installed: 1", "upgraded: 1", "removed: 1", "purged: 0"];
  expect({ stdout: stdout.split("\n"), status }, stderr).toEqual({
    stdout: [...none, ...each, ...each, ""],
    status: 0,
  });
});

test("after an upgrade of a tool, or of exitrd, the image has the new tool", () => {
  const [one, two] = [makePackage("1.0", "one"), makePackage("2.0", "two")];
  const { stdout, stderr, status } = runInCopy(`
exec 3>&1 >/dev/null
dpkg -i '${exitrd}' '${one}'
{ ${show}; } >&3
${ask}
{ ${warn}; } >&3
dpkg -i '${exitrd}'
{ ${show}; ${warn}; } >&3
dpkg -i '${two}'
{ ${show}; ${warn}; } >&3
mkdir /tmp/tree && cd /tmp/tree && zstd -dcq ${chosen} | cpio -id --quiet
chroot . ${tool} >&3
{ ${list}; ${verify}; } >&3
`);
  expect({ stdout: stdout.split("\n"), status }, stderr).toEqual({
    stdout: [
      "plain",
      `warning:  '${tool}', listed in /etc/exitrd/build.conf, is not in the image: run 'exitrd build --configured'`,
      ...["copied from exitrd-test-tool 1.0", "fine"],
      ...["copied from exitrd-test-tool 2.0", "fine", "two"],
      ...[...packagedFiles, "", "exitrd.img", "as shipped", ""],
    ],
    status: 0,
  });
});

test("a failed rebuild is reported, keeps the old image, and does not stop the upgrade", () => {
  const { stdout, stderr, status } = runInCopy(`
exec 3>&1 >/dev/null
dpkg -i '${exitrd}' '${makePackage("1.0", "one")}'
${ask}
dpkg -i '${exitrd}'
cp ${image} /tmp/before
rm ${tool}
dpkg -i '${exitrd}' 2>&1 | grep -e '^W: ' -e '^exitrd: ' >&3
cmp ${image} /tmp/before && { ${list}; } >&3
dpkg-query -W -f '\${db:Status-Status}\n' exitrd >&3
{ ${warn}; } >&3
rm /etc/exitrd/build.conf ${image}
dpkg -i '${exitrd}'
{ ${show}; } >&3
`);
  expect({ stdout: stdout.split("\n"), status }, stderr).toEqual({
    stdout: [
      `exitrd: /etc/exitrd/build.conf:2: cannot read '${tool}': No such file or directory: install it, or leave it out`,
      "W: exitrd: the image was not rebuilt, and is as it was: see 'exitrd status'",
      ...[...packagedFiles, "", "exitrd.img", "installed"],
      `warning:  '${tool}' of exitrd-test-tool 1.0 was removed after the image was built: run 'exitrd build --configured'`,
      ...["plain", ""],
    ],
    status: 0,
  });
});

test("a machine that loads only signed images keeps its own image at every upgrade", () => {
  const [one, two] = [makePackage("1.0", "one"), makePackage("2.0", "two")];
  const { stdout, stderr, status } = runInCopy(`
exec 3>&1 >/dev/null
dpkg -i '${exitrd}' '${one}'
${ask}
exitrd build --configured
${sign} ${image}
cp /tmp/cert /etc/exitrd/trusted.d/own.pem
mkdir -p /var/lib/prometheus/node-exporter
echo old >/var/lib/prometheus/node-exporter/exitrd.prom
{ dpkg -i '${two}'; dpkg -i '${exitrd}'; } 2>&1 | grep -e '^W: ' -e '^exitrd: ' | sort -u >&3
echo ${chosen} >&3
exitrd verify ${image} | sed 's/,.*//' >&3
{ ${show}; ${list}; ${verify}; } >&3
`);
  expect({ stdout: stdout.split("\n"), status }, stderr).toEqual({
    stdout: [
      "W: exitrd: the image was not rebuilt, and is as it was: see 'exitrd status'",
      `exitrd: cannot replace '${image}': it is signed, this machine loads only signed images, and the new one is not: set Sign= in exitrd-build.conf(5), or build it with --output and sign it`,
      image,
      `${image}: signed by 'test' (RSA-2048`,
      "copied from exitrd-test-tool 1.0",
      ...[...packagedFiles, "", "exitrd.img", "exitrd.img.p7s"],
      ...["as shipped", ""],
    ],
    status: 0,
  });
});

test("an image that was built and signed in the package's directory becomes the machine's own", () => {
  const { stdout, stderr, status } = runInCopy(`
exec 3>&1 >/dev/null
dpkg -i '${exitrd}' '${makePackage("1.0", "one")}'
exitrd build --tool ${tool} --output ${packaged}
${sign} ${packaged}
sha256sum <${packaged} >/tmp/before
echo sealed >/usr/lib/exitrd/exitrd.raw
dpkg -i '${exitrd}' 2>&1 | { grep -e '^W: ' -e '^exitrd: ' || true; } >&3
sha256sum <${image} | cmp - /tmp/before
exitrd verify --trust /tmp/cert ${image} | sed 's/,.*//' >&3
{ ${list}; ${verify}; echo ${chosen}; } >&3
`);
  expect({ stdout: stdout.split("\n"), status }, stderr).toEqual({
    stdout: [
      `${image}: signed by 'test' (RSA-2048`,
      ...[...packagedFiles, ""],
      ...["exitrd.img", "exitrd.img.p7s", "exitrd.raw", "as shipped", image, ""],
    ],
    status: 0,
  });
});

test("an image is rebuilt even if /usr is read-only", () => {
  const { stdout, stderr, status } = runInCopy(`
dpkg -i '${exitrd}' '${makePackage("1.0", "one")}' >/dev/null
${ask}
mount --bind /usr /usr && mount -o remount,bind,ro /usr
/usr/lib/exitrd/rebuild-image 2>/dev/null
{ ${show}; }
`);
  expect({ stdout, status }, stderr).toEqual({
    stdout: "copied from exitrd-test-tool 1.0\n",
    status: 0,
  });
});

test("a purge leaves nothing, whatever was built, signed and configured", () => {
  const { stdout, stderr, status } = runInCopy(`
names() { find /etc /usr /var /boot /run -xdev -path '*exitrd*' ! -path '/var/lib/dpkg/*' | sort; }
# A native test may have made it on the machine that this is a copy of.
rmdir /var/lib/exitrd 2>/dev/null || :
names >/tmp/names
exec 3>&1 >/dev/null
dpkg -i '${exitrd}'
exitrd build
${sign} ${image}
cp ${image}.p7s /usr/lib/exitrd/exitrd.img.p7s
echo sealed >/usr/lib/exitrd/exitrd.raw
echo '[Exitrd]' >/etc/exitrd.conf
cp /etc/exitrd.conf /etc/exitrd.conf.d/10-own.conf
cp /tmp/cert /etc/exitrd/trusted.d/own.pem
mkdir -p /var/lib/prometheus/node-exporter
echo old >/var/lib/prometheus/node-exporter/exitrd.prom
echo old >/var/lib/prometheus/node-exporter/exitrd-check.prom
mkdir -p /sys/firmware
mount -t tmpfs tmpfs /sys/firmware
mkdir -p /sys/firmware/efi/efivars
variable=/sys/firmware/efi/efivars/ExitrdRecord-2c7e1d9a-5b0f-4f6e-9a37-6d1be0c4a852
echo old >$variable
# As on efivarfs; tmpfs has the flag from Linux 6.6 on.
chattr +i $variable || :
# With a PID 1 of its own, it is no chroot.
unshare --pid --fork --mount-proc dpkg --purge exitrd 2>&1 | { grep -v -e '^Purging' -e '^Removing' -e '^(Reading' -e '^Processing' || true; } >&3
names | diff /tmp/names - >&3 && echo nothing >&3
ls -A /sys/firmware/efi/efivars >&3
`);
  expect({ stdout, status }, stderr).toEqual({ stdout: "nothing\n", status: 0 });
});

test("removal from a chroot leaves the tree that the machine has loaded", () => {
  const { stdout, stderr, status } = runInCopy(`
exec 3>&1 >/dev/null
dpkg -i '${exitrd}'
exitrd load 2>/dev/null
dpkg --purge exitrd
[ -x /run/initramfs/shutdown ] && echo loaded >&3
umount /run/initramfs
`);
  expect({ stdout, status }, stderr).toEqual({ stdout: "loaded\n", status: 0 });
});

test("a purge in a chroot leaves what may be the machine's", () => {
  const { stdout, stderr, status } = runInCopy(`
exec 3>&1 >/dev/null
dpkg -i '${exitrd}'
mkdir -p /sys/firmware
mount -t tmpfs tmpfs /sys/firmware
mkdir -p /sys/firmware/efi/efivars /run/motd.d /efi /boot/efi
variable=/sys/firmware/efi/efivars/ExitrdRecord-2c7e1d9a-5b0f-4f6e-9a37-6d1be0c4a852
records='/efi/exitrd.record /boot/efi/exitrd.record /boot/exitrd.record'
for file in $variable /run/motd.d/exitrd $records; do echo kept >$file; done
dpkg --purge exitrd
cat $variable /run/motd.d/exitrd $records | sort | uniq -c | sed 's/^ *//' >&3
`);
  expect({ stdout, status }, stderr).toEqual({ stdout: "5 kept\n", status: 0 });
});

test("a trigger does nothing if build.conf requests nothing", () => {
  const { stdout, status } = runInCopy(`
dpkg -i '${exitrd}' >/dev/null 2>&1
inode=$(stat -c %i ${packaged})
start=$(date +%s%N)
for i in 1 2 3 4 5 6 7 8 9 10; do /usr/lib/exitrd/rebuild-image; done
echo $((($(date +%s%N) - start) / 10000000))
[ "$(stat -c %i ${packaged})" = "$inode" ] && [ ! -e ${image} ]
`);
  expect(status).toBe(0);
  expect(Number(stdout)).toBeLessThan(100);
});

test("exitrd=off, or a masked unit, keeps the initrd and the service from loading", () => {
  const { stdout, stderr, status } = runInCopy(`
exec 3>&1 >/dev/null
dpkg -i '${exitrd}'
script=/usr/share/initramfs-tools/scripts/init-bottom/exitrd
mkdir -p /tmp/root/etc/systemd/system /tmp/root/usr/bin
: >/tmp/root/usr/bin/exitrd
mask=/tmp/root/etc/systemd/system/exitrd-load.service
try() {
  rootmnt=/tmp/root $script
  if [ -e /run/initramfs/shutdown ]; then echo "$1: loaded"; else echo "$1: nothing"; fi >&3
  exitrd unload 2>/dev/null
}
try plain
ln -s /dev/null $mask; try masked
rm $mask; : >$mask; try empty
rm $mask; try unmasked
echo 'quiet exitrd=off' >/tmp/cmdline && mount --bind /tmp/cmdline /proc/cmdline
try off
exitrd load 2>&3 && exitrd status >&3 || echo $? >&3
`);
  expect(
    { stdout: stdout.split("\n").filter((line) => !/^[a-z]+: {2}/.test(line)), status },
    stderr,
  ).toMatchObject({
    stdout: expect.arrayContaining([
      ...["plain: loaded", "masked: nothing", "empty: nothing", "unmasked: loaded", "off: nothing"],
      ...["exitrd: loaded nothing: 'exitrd=off' is on the kernel command line", "1"],
    ]),
    status: 0,
  });
});

test("status examines the initrd, and reports whether init would pivot", () => {
  const { stdout, stderr, status } = runInCopy(`
exec 3>&1 >/dev/null
dpkg -i '${exitrd}'
rm -f /initrd.img /boot/initrd.img
initrd=/boot/initrd.img-$(uname -r)
pack() {
  mkdir -p /tmp/early/kernel /tmp/main
  head -c 3000 /dev/urandom >/tmp/early/kernel/microcode
  (cd /tmp/main && mkdir -p usr/bin && cp /usr/bin/exitrd usr/bin && tar c -C / "$@" | tar x)
  head -c 90000000 /dev/zero >/tmp/main/zero
  { (cd /tmp/early && find . | cpio -o -H newc --quiet); (cd /tmp/main && find . | cpio -o -H newc --quiet | zstd -q); } >$initrd
}
report() { exitrd status | grep -e '^shutdown' -e '^next' -e '^warning.*initramfs' | sed "s,$initrd,INITRD,"; }
{ report; exitrd load; } >&3 2>/dev/null
mkdir -p /run/systemd/system /lib/systemd; : >/lib/systemd/systemd-shutdown; chmod +x /lib/systemd/systemd-shutdown
pack usr/lib/exitrd/exitrd.img
report >&3
exitrd build --image-version 5 && exitrd load
echo '[Exitrd]' >/etc/exitrd.conf
report >&3
rm -r /tmp/main; pack var/lib/exitrd/exitrd.img etc/exitrd.conf
report >&3
echo 'Verify=require' >>/etc/exitrd.conf
report >&3
rm $initrd
exitrd status | { head -1 | cut -d: -f1-2; cat >/dev/null; } >&3
exitrd status || echo $? >&3
`);
  const ready = "shutdown: through exitrd, now and after a reboot";
  const [nobody, cure] = ["[^ ]+ does not pivot into an exitrd", "run 'update-initramfs -u'"];
  expect({ stdout: stdout.split("\n"), status }, stderr).toEqual({
    stdout: [
      expect.stringMatching(`^shutdown: not through exitrd: ${nobody}`),
      expect.stringMatching(`^next:     nothing is loaded: ${nobody}`),
      ...[ready, `next:     'INITRD' loads '${packaged}'`],
      ...[ready, `next:     'INITRD' loads '${packaged}'`],
      `warning:  '${image}' is not the image in 'INITRD': ${cure}`,
      ...[ready, `next:     'INITRD' loads '${image}'`],
      ...[ready, `next:     'INITRD' loads '${image}'`],
      `warning:  '/etc/exitrd.conf' in 'INITRD' differs from this machine's: ${cure}`,
      ...["shutdown: through exitrd, but not after a reboot", "3", ""],
    ],
    status: 0,
  });
});

test("with Sign=, every rebuild is signed, and an image that cannot be signed is not put in place", () => {
  const [one, two] = [makePackage("1.0", "one"), makePackage("2.0", "two")];
  const say = "{ grep -e '^W: ' -e '^exitrd: ' || true; }";
  const { stdout, stderr, status } = runInCopy(`
exec 3>&1 >/dev/null
dpkg -i '${exitrd}' '${one}'
exitrd sign --new-key 2>&3
stat -c %a /etc/exitrd/sign.key >&3
cp /etc/exitrd/sign.pem /etc/exitrd/trusted.d/own.pem
printf '[Build]\nTool=${tool}\nSign=/etc/exitrd/sign.key\nSignCertificate=/etc/exitrd/sign.pem\n' >/etc/exitrd/build.conf
{ dpkg -i '${exitrd}' 2>&1 | ${say}; dpkg -i '${two}' 2>&1 | ${say}; } >&3
exitrd verify ${image} | sed 's/,.*//' >&3
{ ${show}; exitrd build --configured --if-changed 2>&1; exitrd sign 2>&1 | tail -1; ls -A /var/lib/exitrd; } >&3
sha256sum ${image}* >/tmp/before
mv /etc/exitrd/sign.key /tmp; printf x >>${tool}
/usr/lib/exitrd/rebuild-image 2>&3 || echo $? >&3
sha256sum ${image}* | cmp - /tmp/before
printf '[Build]\nSignCommand=/tmp/signer\nSignCertificate=/etc/exitrd/sign.pem\n' >/etc/exitrd/build.conf
printf '#!/bin/sh\nexec openssl cms -sign -binary -outform DER -in "$1" -signer /etc/exitrd/sign.pem -inkey /tmp/sign.key\n' >/tmp/signer
chmod +x /tmp/signer
/usr/lib/exitrd/rebuild-image 2>&3
exitrd verify ${image} | sed 's/,.*//' >&3
{ ${list}; } >&3
`);
  const built = `exitrd: built '${image}' for x86_64: N KiB, signed`;
  const verified = `${image}: signed by 'exitrd of this machine' (RSA-3072`;
  expect({ stdout: stdout.replaceAll(/[0-9]+ KiB/g, "N KiB").split("\n"), status }, stderr).toEqual(
    {
      stdout: [
        "exitrd: made '/etc/exitrd/sign.key' and its certificate '/etc/exitrd/sign.pem'",
        "exitrd: to sign every image that is built here, put 'Sign=/etc/exitrd/sign.key' and 'SignCertificate=/etc/exitrd/sign.pem' into [Build] of /etc/exitrd/build.conf",
        expect.stringMatching(`^exitrd: wrote '${image}.p7s': signed by 'exitrd of this machine'`),
        expect.stringMatching("^exitrd: this machine does not trust the signature: .*trusted.d"),
        "600",
        ...[built, built, verified, "copied from exitrd-test-tool 2.0"],
        `exitrd: '${image}' is unchanged`,
        "exitrd: this machine trusts the signature",
        ...["exitrd.img", "exitrd.img.p7s"],
        expect.stringMatching(
          `^exitrd: cannot sign '${image}': openssl: .*; the old image is as it was$`,
        ),
        "1",
        ...[built, verified],
        ...[...packagedFiles, "", "exitrd.img", "exitrd.img.p7s", ""],
      ],
      status: 0,
    },
  );
});

test("an initrd that could not be built is built by the next rebuild, and only then", () => {
  const { stdout, stderr, status } = runInCopy(`
exec 3>&1 >/dev/null
dpkg -i '${exitrd}' '${makePackage("1.0", "one")}'
printf '%s\n' '#!/bin/sh' 'echo run >>/tmp/runs' '[ ! -e /tmp/fail ]' >/usr/sbin/update-initramfs
chmod 755 /usr/sbin/update-initramfs
${ask}
rebuild() { code=0; /usr/lib/exitrd/rebuild-image || code=$?; echo "$code $(wc -l </tmp/runs)" >&3; }
: >/tmp/fail
rebuild
rebuild
rm /tmp/fail
rebuild
rebuild
{ ${list}; } >&3
`);
  expect({ stdout: stdout.split("\n"), status }, stderr).toEqual({
    stdout: [...["1 1", "1 2", "0 3", "0 3"], ...[...packagedFiles, "", "exitrd.img", ""]],
    status: 0,
  });
});

test("with Secure Boot on, the package's image is loaded from the loader's own disk, and nowhere else", () => {
  const { stdout, stderr, status } = runInCopy(`
exec 3>&1 >/dev/null
dpkg -i '${exitrd}'
mkdir -p /sys/firmware
mount -t tmpfs tmpfs /sys/firmware
variables=/sys/firmware/efi/efivars
mkdir -p $variables
printf '\\6\\0\\0\\0\\1' >$variables/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
load() {
  code=0
  line=$(exitrd load 2>&1 | head -1) || code=$?
  case "$line" in *" not signed; "*) echo "$1: loaded" ;; *"it is not signed"*) echo "$1: refused" ;; *) echo "$1: $line" ;; esac >&3
  exitrd unload 2>/dev/null
}
load plain
: >/etc/initrd-release
load 'in an initrd'
rm /etc/initrd-release
mkdir -p /etc/exitrd.conf.d
printf '[Exitrd]\nVerify=prefer\n' >/etc/exitrd.conf.d/a.conf
load 'with Verify='
rm /etc/exitrd.conf.d/a.conf
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=test -keyout /tmp/key -out /etc/exitrd/trusted.d/x.pem 2>/dev/null
load 'with a certificate'
rm /etc/exitrd/trusted.d/x.pem
cp ${packaged} /tmp/own
mount -t tmpfs tmpfs /var/lib/exitrd
cp /tmp/own ${image}
load 'on another file system'
umount /var/lib/exitrd
load 'plain again'
printf '\\6\\0\\0\\0\\0' >$variables/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
: >/etc/initrd-release
load 'Secure Boot off'
`);
  expect({ stdout: stdout.split("\n"), status }, stderr).toEqual({
    stdout: [
      ...["plain: loaded", "in an initrd: refused"],
      expect.stringMatching(/^with Verify=: exitrd: cannot lower Verify= while Secure Boot is on/),
      ...["with a certificate: refused", "on another file system: refused"],
      ...["plain again: loaded", "Secure Boot off: loaded", ""],
    ],
    status: 0,
  });
});
