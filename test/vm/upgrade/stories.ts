import type { Boot, Story } from "../record/story.ts";

// "compare" prints whether this boot did what status had predicted, and "predict ROW" what it predicts
// for the next one: whether an image is loaded, which one, and by what.
const prelude = `set -u
kept=/var/lib/case
mkdir -p $kept
loaded="exitrd: loaded \\('[^']*'\\) into "
compare() {
  row=$(cat $kept/row) code=$(cat $kept/code)
  said=$(sed -n "s/^next: *nothing is loaded.*/nothing/p
    s/^next: *exitrd-load\\.service loads \\('[^']*'\\)$/service \\1/p
    s/^next: *'[^']*' loads \\('[^']*'\\)$/initrd \\1/p" $kept/status)
  did=$(dmesg | sed -n "s/^[^]]*\\] $loaded.*/initrd \\1/p" | head -n 1)
  [ -n "$did" ] || did=$(journalctl -b -o cat -u exitrd-load.service |
    sed -n "s/^$loaded.*/service \\1/p" | head -n 1)
  [ -n "$did" ] || did=nothing
  [ -e /run/initramfs/shutdown ] && tree=there || tree=none
  [ "$said" = nothing ] && wanted="1 none" || wanted="0 there"
  [ $code -eq 0 ] && result="0 $tree" || result="1 $tree"
  verdict=DIFFERS
  [ "$said" = "$did" ] && [ "$wanted" = "$result" ] && verdict=agrees
  echo "$row: $verdict: said $said, exit status $code; did $did, tree $tree"
}
predict() {
  echo "$1" >$kept/row
  exitrd status >$kept/status 2>&1
  echo $? >$kept/code
  sed "s/^/$1: /" $kept/status
}
rebuild() { /usr/lib/exitrd/rebuild-image; }
configure() {
  printf '%s\\n' '[Build]' Tool=/usr/bin/tac "$@" >/etc/exitrd/build.conf
}
# Like apt when it replaces coreutils.
upgrade_tool() {
  printf '\\0' >>/usr/bin/tac
  dpkg-trigger --by-package=coreutils /usr/bin
  dpkg --triggers-only -a
}
# Like the scripts of a kernel package.
upgrade_kernel() {
  version=$(uname -r)
  run-parts --exit-on-error --arg=$version --arg=/boot/vmlinuz-$version /etc/kernel/postinst.d
}
# Installs a package with a different program.
upgrade_exitrd() {
  rm -rf /var/tmp/package
  dpkg-deb -R package.deb /var/tmp/package
  sed -i "s/^Version:.*/Version: 99.$1/" /var/tmp/package/DEBIAN/control
  lib=/var/tmp/package/usr/lib/exitrd
  head -c $1 /dev/zero >>$lib/exitrd-shutdown
  exitrd build --shutdown $lib/exitrd-shutdown --output $lib/exitrd.img
  dpkg-deb --root-owner-group -Znone -b /var/tmp/package /var/tmp/newer.deb >/dev/null
  dpkg -i /var/tmp/newer.deb
}
`;

const packaged = "'/usr/lib/exitrd/exitrd.img'";
const local = "'/var/lib/exitrd/exitrd.img'";

/** A state of the machine, and what its next boot does. */
interface Row {
  readonly name: string;
  /** Changes the state of the previous row to this one. */
  readonly script: string;
  readonly does: `initrd ${string}` | "nothing";
}

/** One boot for each row, which first compares the previous row, and a last one that only compares. */
function makeBoots(rows: readonly Row[]): readonly Boot[] {
  return [...rows, undefined].map((row, index) => {
    const before = rows[index - 1];
    const output =
      before && new RegExp(`^${before.name}: agrees: said ${before.does}, exit status [0-9]; did`);
    const compare = before === undefined ? "" : "compare\n";
    const change = row === undefined ? "" : `${row.script}\npredict '${row.name}'\n`;
    return {
      script: `${prelude}${compare}${change}systemctl poweroff\n`,
      files: ["package.deb", "openssl.tar"],
      ending: "poweroff",
      ...(output === undefined ? {} : { output: [output] }),
      outputNever: [/: DIFFERS: /],
      consoleNever: [/Kernel panic/],
    };
  });
}

const unsigned: readonly Row[] = [
  { name: "as installed", script: "", does: `initrd ${packaged}` },
  { name: "package upgraded", script: "upgrade_exitrd 1", does: `initrd ${packaged}` },
  { name: "with build.conf", script: "configure; rebuild", does: `initrd ${local}` },
  { name: "tool upgraded", script: "upgrade_tool", does: `initrd ${local}` },
  { name: "kernel upgraded", script: "upgrade_kernel", does: `initrd ${local}` },
  { name: "package upgraded again", script: "upgrade_exitrd 2", does: `initrd ${local}` },
];

const key = "/etc/exitrd/sign.key";
const certificate = "/etc/exitrd/sign.pem";

const sign = `exitrd sign --new-key
mkdir -p /etc/exitrd/trusted.d
cp ${certificate} /etc/exitrd/trusted.d/own.pem
`;

const installOpenssl = `mkdir -p /opt/openssl
tar -xf openssl.tar -C /opt/openssl
cat >/usr/bin/openssl <<'END'
#!/bin/sh
export OPENSSL_CONF=/opt/openssl/openssl.cnf
exec /opt/openssl/ld.so --library-path /opt/openssl /opt/openssl/openssl "$@"
END
chmod 755 /usr/bin/openssl
`;

// It ends four minutes after it is made: after the image is signed, and before status is asked.
const makeExpiring = `cd /var/tmp
cat >ca.cnf <<'END'
[ca]
default_ca=c
[c]
database=index
new_certs_dir=.
rand_serial=yes
policy=p
default_md=sha256
[p]
commonName=supplied
[req]
distinguished_name=n
[n]
END
: >index
end=$(($(date +%s) + 240))
rm -f ${key} ${certificate}
openssl req -new -newkey rsa:2048 -nodes -config ca.cnf -subj /CN=short -keyout ${key} -out request
openssl ca -batch -notext -config ca.cnf -selfsign -keyfile ${key} -in request -out ${certificate} \\
  -startdate 20240101000000Z -enddate $(date -u -d @$end +%Y%m%d%H%M%SZ)
cp ${certificate} /etc/exitrd/trusted.d/own.pem
exitrd sign --key ${key} --cert ${certificate}
update-initramfs -u
while [ $(date +%s) -le $end ]; do sleep 1; done
`;

const signed: readonly Row[] = [
  {
    name: "signed, with build.conf",
    script: `${installOpenssl}${sign}configure Sign=${key} SignCertificate=${certificate}; rebuild`,
    does: `initrd ${local}`,
  },
  { name: "signed, tool upgraded", script: "upgrade_tool", does: `initrd ${local}` },
  { name: "signed, package upgraded", script: "upgrade_exitrd 1", does: `initrd ${local}` },
  // The initrd has the old image, the old signature and the old certificate.
  {
    name: "key replaced",
    script: `rm ${key} ${certificate}\n${sign}exitrd load`,
    does: `initrd ${local}`,
  },
  { name: "key replaced, kernel upgraded", script: "upgrade_kernel", does: `initrd ${local}` },
  {
    name: "a certificate, and no signature",
    script: "rm /etc/exitrd/build.conf /var/lib/exitrd/exitrd.img*; update-initramfs -u",
    does: "nothing",
  },
  {
    name: "signed, without build.conf",
    script: `exitrd sign --key ${key} --cert ${certificate}; exitrd load; update-initramfs -u`,
    does: `initrd ${local}`,
  },
  { name: "signed, package upgraded again", script: "upgrade_exitrd 2", does: `initrd ${local}` },
  { name: "certificate expired", script: makeExpiring, does: "nothing" },
];

/** What `status` predicts for the next boot after each kind of upgrade, and what that boot does. */
export const upgradeStories: readonly Story[] = [
  {
    name: "upgrade: status says what the next boot does, unsigned",
    stack: "ext4",
    startsOwnInitrd: true,
    boots: makeBoots(unsigned),
  },
  {
    name: "upgrade: status says what the next boot does, signed",
    stack: "ext4",
    startsOwnInitrd: true,
    boots: makeBoots(signed),
  },
];
