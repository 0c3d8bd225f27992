import { describe, expect, test } from "vitest";
import type { CpioEntry } from "../../src/image/cpio-entry.ts";
import { collectTree } from "../../src/image/initrd/collect-tree.ts";
import { findInitrdSection } from "../../src/image/initrd/find-uki-section.ts";
import { takeHooks } from "../../src/image/initrd/hooks.ts";
import { listBelow } from "../../src/image/lay-over.ts";
import { joinBytes, toByteString, toBytes } from "../../src/text/bytes.ts";
import { fakeCodec } from "../fake/image-inputs.ts";
import { directory, file, link, makeNewc, type NewcMember } from "../fake/make-newc.ts";

const zstd = toBytes("\x28\xb5\x2f\xfd");
const flip = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 0xff);
const digits = 8;
/** "Compresses" to zstd's magic, the length and the data with every bit inverted. */
const pack = (data: Uint8Array) =>
  joinBytes([zstd, toBytes(data.length.toString(16).padStart(digits, "0")), flip(data)]);
const unpackers = {
  ...fakeCodec,
  decompressEach: (bytes: Uint8Array, use: (part: Uint8Array) => void) => {
    const start = zstd.length + digits;
    const end = start + Number.parseInt(toByteString(bytes.subarray(zstd.length, start)), 16);
    if (!(end <= bytes.length)) throw new Error("truncated");
    for (let at = start; at < end; at += 1000) {
      use(flip(bytes.subarray(at, Math.min(at + 1000, end))));
    }
    return end;
  },
};

function collect(initrd: Uint8Array, commandLine = "") {
  const tree = collectTree(initrd, commandLine, unpackers);
  if (!tree.ok) throw new Error(tree.problem.kind);
  return tree.value;
}

/** "bin -> usr/bin", "usr/", "usr/bin/sh 0555 contents" */
function show(entries: readonly CpioEntry[]): string[] {
  return entries.map((entry) => {
    const { path, mode } = entry;
    if (entry.kind === "directory") return `${path}/`;
    if (entry.kind === "link") return `${path} -> ${entry.target}`;
    return `${path} 0${mode.toString(8)} ${toByteString(entry.data)}`;
  });
}

const list = (...members: readonly NewcMember[]) => show(collect(makeNewc(members)).entries);

describe("the tree of an initrd", () => {
  test("has directories, files and links, readable by everybody and writable by nobody", () => {
    const members = [
      ...[directory("."), directory("./usr"), directory("usr/bin")],
      file("usr/bin/su", "su", 0o104755),
      file("usr/bin/conf", "conf", 0o100664),
      file("usr/bin/own", "#!own", 0o100700),
      { name: "usr/null", mode: 0o20666 },
      { name: "usr/pipe", mode: 0o10644 },
    ];
    expect(list(...members)).toEqual([
      ...["usr/", "usr/bin/"],
      ...["usr/bin/conf 0444 conf", "usr/bin/own 0500 #!own", "usr/bin/su 0555 su"],
    ]);
  });

  test("has the directories that the archive lacks", () => {
    expect(list(file("a/b/c", "c"))).toEqual(["a/", "a/b/", "a/b/c 0444 c"]);
  });

  test("has one file for several names, wherever its contents are", () => {
    const name = (path: string, data: string) => ({ ...file(path, data), ino: 7, links: 3 });
    const names = [name("bin/ls", ""), name("bin/cat", ""), name("sbin/mount", "busybox")];
    expect(list(...names)).toEqual([
      ...["bin/", "bin/cat -> ../bin/ls", "bin/ls 0444 busybox"],
      ...["sbin/", "sbin/mount -> ../bin/ls"],
    ]);
    // Inode numbers are valid within one archive only.
    const other = makeNewc([{ ...file("other", "other"), ino: 7, links: 2 }]);
    expect(show(collect(joinBytes([makeNewc(names), other])).entries)).toContain(
      "other 0444 other",
    );
  });

  test("is written through links, and later archives replace files of earlier ones", () => {
    const first = makeNewc([
      ...[directory("usr"), directory("usr/lib"), link("lib", "usr/lib")],
      ...[file("lib/a", "first"), file("usr/lib/b", "first")],
    ]);
    const second = makeNewc([file("lib/b", "second"), directory("c"), file("c/d", "d")]);
    const entries = [
      ...["c/", "c/d 0444 d", "lib -> usr/lib", "usr/", "usr/lib/"],
      ...["usr/lib/a 0444 first", "usr/lib/b 0444 second"],
    ];
    const gap = new Uint8Array(5);
    expect(show(collect(joinBytes([first, gap, second])).entries)).toEqual(entries);
    // Both in one stream, after microcode and before an archive that is not compressed.
    const early = makeNewc([file("kernel/x86/microcode/GenuineIntel.bin", "microcode")]);
    const packed = pack(joinBytes([first, gap, second]));
    const late = makeNewc([file("c/d", "late")]);
    const all = collect(joinBytes([early, gap, packed, late]));
    expect(show(all.entries)).toEqual(entries.map((one) => one.replace("d 0444 d", "d 0444 late")));
    expect(all.leftOut).toBe(1);
  });

  test("has no links that lead out of it or nowhere, except to what init mounts", () => {
    const members = [
      ...[directory("usr"), directory("usr/bin"), file("usr/bin/kmod", "kmod")],
      ...[link("bin", "usr/bin"), link("usr/modprobe", "/bin/kmod")],
      ...[link("usr/up", "../../../usr/bin"), link("usr/zig", "bin/../bin/kmod")],
      ...[link("etc/mtab", "/proc/mounts"), link("etc/gone", "/etc/none"), link("top", "/")],
      ...[link("a", "b"), link("b", "a")],
    ];
    expect(list(...members)).toEqual([
      ...["bin -> usr/bin", "etc/", "etc/mtab -> ../proc/mounts"],
      ...["usr/", "usr/bin/", "usr/bin/kmod 0444 kmod"],
      ...["usr/modprobe -> ../usr/bin/kmod", "usr/up -> ../usr/bin", "usr/zig -> ../usr/bin/kmod"],
    ]);
  });

  test("has nothing below a link or a file, even if an archive has", () => {
    const members = [
      ...[file("a/key", "below"), link("a", "b"), file("a", "over"), directory("b")],
      ...[file("c", "file"), file("c/d", "below"), directory("c"), file("c/e", "below")],
      ...[link("x", "dev"), file("x/null", "below"), link("long", "x".repeat(5000))],
      ...[link("etc/shadow", "/oldroot/etc/shadow"), link("odd", "/proc/\n")],
    ];
    expect(list(...members)).toEqual([
      ...["a/", "a/key 0444 below", "b/", "c/", "c/e 0444 below", "etc/", "x -> dev"],
    ]);
  });

  test("is refused if its contents would take too much memory", () => {
    const header = toByteString(makeNewc([file("a", "")]));
    const size = (5 << 26).toString(16).padStart(8, "0");
    const large = toBytes(header.slice(0, 54) + size + header.slice(62));
    const tree = collectTree(pack(large), "", {
      ...unpackers,
      decompressEach: (data, use) => {
        use(large.subarray(0, 112));
        const part = new Uint8Array(1 << 20);
        for (let i = 0; i < 5 << 6; i += 1) use(part);
        use(makeNewc([]));
        return data.length;
      },
    });
    expect(tree.ok ? "read" : tree.problem.kind).toBe("too-large");
  });

  test("has no modules, no firmware, no other exitrd, and nothing below a mount point", () => {
    const paths = [
      ...["lib/modules/6.1/x.ko", "usr/lib/modules/6.1/x.ko", "usr/lib/firmware/x", "dev/x"],
      ...["usr/bin/exitrd", "usr/lib/exitrd/exitrd.img", "etc/exitrd.conf", "run/x", "proc/x"],
      "var/lib/exitrd/exitrd.img",
    ];
    const { entries, leftOut } = collect(
      makeNewc([...paths, "usr/lib/exitrdx", "etc/modules"].map((path) => file(path, ""))),
    );
    const files = entries.filter(({ kind }) => kind === "file").map(({ path }) => path);
    expect({ files, leftOut }).toEqual({
      files: ["etc/modules", "usr/lib/exitrdx"],
      leftOut: paths.length,
    });
  });
});

test("the header of an archive within compressed data is ignored", () => {
  const stored = makeNewc([file("a", "x".repeat(300))]);
  const lz4 = joinBytes([toBytes("\x02\x21\x4c\x18"), stored.subarray(0, 200)]);
  const late = makeNewc([file("b", "late")]);
  const tree = collectTree(joinBytes([lz4, late]), "", {
    ...unpackers,
    unpackOther: (_, data, use) => {
      expect(data.length).toBe(lz4.length);
      use(stored);
      return true;
    },
  });
  expect(tree.ok && show(tree.value.entries).map((one) => one.slice(0, 6))).toEqual([
    ...["a 0444", "b 0444"],
  ]);
});

// The header that ends an archive is one of the last things in it, and a compressor stores a last
// block that is too short to be compressed.
describe("an archive's end that is stored as it is within compressed data", () => {
  const first = makeNewc([file("a", "first")]);
  const end = makeNewc([]);
  const second = makeNewc([file("b", "second")]);
  const both = ["a 0444 first", "b 0444 second"];

  test("of zstd is passed over", () => {
    const body = joinBytes([flip(first), end]);
    const packed = joinBytes([pack(new Uint8Array(0)).subarray(0, 12), body, second]);
    const tree = collectTree(packed, "", {
      ...unpackers,
      decompressEach: (data, use) => {
        if (data.length < 12 + body.length) throw new Error("truncated");
        use(first);
        return 12 + body.length;
      },
    });
    expect(tree.ok && show(tree.value.entries)).toEqual(both);
  });

  test.each([
    ["of the last archive", new Uint8Array(0), both.slice(0, 1)],
    ["before another archive", second, both],
    ["before zeros", new Uint8Array(600), both.slice(0, 1)],
  ])("of xz, %s", (_, rest, expected) => {
    const xz = joinBytes([toBytes("\xfd7zXZ\0"), flip(first.subarray(0, 120)), end]);
    const tree = collectTree(joinBytes([xz, rest]), "", {
      ...unpackers,
      unpackOther: (_, data, use) => {
        use(data.length < xz.length ? first.subarray(0, 120) : first);
        if (data.length !== xz.length) throw new Error("not its end");
        return true;
      },
    });
    expect(tree.ok && show(tree.value.entries)).toEqual(expected);
  });
});

describe("a boot configuration after the archives", () => {
  const archive = makeNewc([file("a", "a")]);
  const text = toBytes("kernel.x = 1\n");
  const config = (size: number) => {
    const numbers = new DataView(new ArrayBuffer(8));
    numbers.setUint32(0, size, true);
    return [text, new Uint8Array(numbers.buffer), toBytes("#BOOTCONFIG\n")];
  };

  test.each([0, 3])("is left out, also before %d zeros", (zeros) => {
    const initrd = joinBytes([archive, ...config(text.length), new Uint8Array(zeros)]);
    const tree = collectTree(initrd, "", unpackers);
    expect(tree.ok && tree.value.entries.map(({ path }) => path)).toEqual(["a"]);
  });

  test("that claims to be longer than the initrd is none", () => {
    const tree = collectTree(joinBytes([archive, ...config(1e6)]), "", unpackers);
    expect(tree).toMatchObject({ problem: { kind: "unknown-form" } });
  });
});

test.each([
  ["squash-root.img", "hsqs"],
  ["squash/root.img", "hsqs"],
  ["erofs-root.img", `${"\0".repeat(1024)}\xe2\xe1\xf5\xe0`],
])("%s may have any secret in it", (path, data) => {
  const initrd = makeNewc([directory("squash"), file(path, data), file("init", "x")]);
  expect(collectTree(initrd, "", unpackers)).toMatchObject({
    problem: { kind: "squashed", path: `/${path}` },
  });
});

test.each([
  ["nothing of the kind", "text", { kind: "unknown-form" }],
  ["an empty file", "", { kind: "unknown-form" }],
  ["a file of zeros", "\0".repeat(512), { kind: "unknown-form" }],
  ["xz, without a program for it", "\xfd7zXZ\0", { kind: "packed", compression: "xz" }],
  ["an archive that is cut off", toByteString(makeNewc([file("a", "a")])).slice(0, 200), "damaged"],
  ["a stream that holds no archive", toByteString(pack(toBytes("text"))), "damaged"],
])("%s is refused", (_, initrd, problem) => {
  expect(collectTree(toBytes(initrd), "", unpackers)).toMatchObject({
    problem: typeof problem === "string" ? { kind: problem } : problem,
  });
});

describe("secrets are left out", () => {
  const pem = (words: string) => `text\n-----BEGIN ${words}-----\nMII\n`;
  test.each([
    ["cryptroot/keyfiles/root.key", "x", 0o100644],
    ["etc/cryptsetup-keys.d/root", "x", 0o100644],
    ["etc/dropbear/dropbear_ed25519_host_key", "x", 0o100644],
    ["etc/dropbear/initramfs/conf", "x", 0o100644],
    ["root-abc/.ssh/authorized_keys", "ssh-ed25519 x", 0o100644],
    ["etc/ssh/ssh_host_rsa_key", "x", 0o100644],
    ["etc/shadow", "root:*:", 0o100644],
    ["etc/iscsi/iscsid.conf", "x", 0o100644],
    [".extra/credentials/a.cred", "x", 0o100644],
    ["crypto_keyfile.bin", "x", 0o100644],
    ["etc/wpa_supplicant/wpa.conf", "x", 0o100644],
    ["usr/share/a", pem("PRIVATE KEY"), 0o100644],
    ["usr/share/a", pem("RSA PRIVATE KEY"), 0o100644],
    ["usr/share/a", pem("ENCRYPTED PRIVATE KEY"), 0o100644],
    ["usr/share/a", "LUKS\xba\xbe\0\x02", 0o100644],
    ["usr/share/a", "not for others", 0o100640],
    ["usr/share/a", "a key, not a program", 0o100700],
    ["usr/share/a", pem("PGP PRIVATE KEY BLOCK"), 0o100644],
    ["usr/share/a", pem("TSS2 PRIVATE KEY"), 0o100644],
    ["lib/cryptsetup-keys.d/root", "x", 0o100644],
    ["etc/tinysshd/dracut_ssh_host_ed25519_key", "x", 0o100644],
    ["opt/dropbear_rsa_host_key", "x", 0o100644],
    ["etc/cmdline.d/50-iscsi.conf", "rd.iscsi.password=x", 0o100644],
    ["etc/cmdline.d/50-root.conf", "netroot=iscsi:me:words@192.0.2.1::::iqn.x", 0o100644],
    ["conf/conf.d/root", "ROOT=cifs://me:words@192.0.2.1/root", 0o100644],
    ["etc/systemd/network/wg0.netdev", "[WireGuard]\nPrivateKey = QUJD\n", 0o100644],
    ["usr/lib/systemd/network/wg0.netdev.d/peer.conf", "PresharedKey=QUJD", 0o100644],
    ["etc/systemd/system/own.service", "[Service]\nSetCredential=key:words", 0o100644],
    ["etc/passwd", "a:x:0:\nroot:$y$j9T$salt$hash:0:0::/root:/bin/sh\n", 0o100644],
    ["etc/passwd-", "root:abJnggxhB/yWI:0:0::/root:/bin/sh\n", 0o100644],
    ["etc/fstab", "//nas/a /a cifs ro,user=me,password=words 0 0", 0o100644],
    ["etc/network/interfaces.d/wlan0", "iface wlan0 inet dhcp\n  wpa-psk words", 0o100644],
    ["usr/lib/NetworkManager/system-connections/a.nmconnection", "psk=words", 0o100644],
    ["etc/netplan/50-wifi.yaml", "password: words", 0o100644],
    ["var/lib/iscsi/nodes/iqn.x/default", "node.session.auth.password = x", 0o100644],
    ["etc/nvme/config.json", '{"dhchap_key":"DHHC-1:00:x"}', 0o100644],
    ["usr/share/a", `${pem("CERTIFICATE").repeat(2000)}${pem("PRIVATE KEY")}`, 0o100644],
    ["usr/share/a", "# created: x\nAGE-SECRET-KEY-1ABC\n", 0o100644],
    ["etc/vpn.conf", "<tls-auth>\n-----BEGIN OpenVPN Static key V1-----\n", 0o100644],
  ])("%s", (path, data, mode) => {
    const { entries, secrets } = collect(makeNewc([file(path, data, mode), file("other", "")]));
    expect(secrets).toEqual([`/${path}`]);
    expect(entries.filter(({ kind }) => kind !== "directory").map((one) => one.path)).toEqual([
      "other",
    ]);
  });

  test("if crypttab or the kernel command line names them, under any of their names", () => {
    const tab = "# a b /not\nroot UUID=1 /k/one luks,header=/k/two\nswap UUID=2 none\n";
    const paths = ["k/one", "k/two", "k/three", "k/four", "k/five", "not"];
    const members = [
      ...[file("etc/crypttab", tab), link("k/link", "one")],
      ...paths.map((path) => file(path, "x")),
      ...["k/hard", "k/one"].map((path) => ({ ...file(path, "key"), ino: 3, links: 2 })),
    ];
    const line = "ro rd.luks.key=/k/three:LABEL=x luks.key=UUID=/k/four cryptkey=rootfs:/k/five q";
    const { entries, secrets } = collect(makeNewc(members), line);
    expect(secrets).toEqual(["/k/five", "/k/four", "/k/hard", "/k/one", "/k/three", "/k/two"]);
    expect(show(entries).filter((one) => !one.endsWith("/"))).toEqual([
      `etc/crypttab 0444 ${tab}`,
      "not 0444 x",
    ]);
  });

  test("if configuration names them", () => {
    const members = [
      file("etc/systemd/network/wg.netdev", "PrivateKeyFile=/k/one\nPresharedKeyFile= /k/two\n"),
      file("etc/systemd/system/a.service", "LoadCredential=key:/k/three\n"),
      file("etc/fstab", "//a/b /b cifs credentials=/k/four,ro 0 0\n# //a /b cifs cred=/k/five\n"),
      ...["one", "two", "three", "four", "five"].map((name) => file(`k/${name}`, "x")),
    ];
    expect(collect(makeNewc(members)).secrets).toEqual(["/k/four", "/k/one", "/k/three", "/k/two"]);
  });

  test("if a link to them, or to a directory above, is in such a place", () => {
    const members = [
      ...[file("opt/one", "x"), file("opt/two/root", "x"), file("opt/three/keyfiles/root", "x")],
      ...[
        file("opt/tab", "a b /opt/../k/four keyscript=/bin/ask\nb c /k/a\\040b"),
        file("k/a b", "x"),
      ],
      ...[link("etc/ssh/ssh_host_rsa_key", "../../opt/one"), link("etc/keys", "/opt/two")],
      ...[
        link("cryptroot", "opt/three"),
        link("etc/crypttab", "../opt/tab"),
        link("k/four", "five"),
      ],
      ...[link("bin", "usr/bin"), file("usr/bin/ask", "#!/bin/sh", 0o100755), file("k/five", "x")],
      ...[file("etc/cmdline.d/1.conf", 'a="b"\nrd.luks.key="/k/six"\n'), file("k/six", "x")],
    ];
    const { entries, secrets } = collect(makeNewc(members));
    expect(secrets).toEqual([
      ...["/k/a b", "/k/five", "/k/six", "/opt/one", "/opt/three/keyfiles/root", "/opt/two/root"],
      "/usr/bin/ask",
    ]);
    expect(entries.filter(({ kind }) => kind === "file").map(({ path }) => path)).toEqual([
      ...["etc/cmdline.d/1.conf", "opt/tab"],
    ]);
  });

  test("with their copies, which archives may have instead of a second name", () => {
    const members = [
      ...[file("cryptroot/keyfiles/root.key", "passphrase"), file("etc/copy", "passphrase")],
      ...[file("etc/short.key", "yes"), file("etc/answer", "yes")],
      ...[file("etc/long.key", "k".repeat(20_000)), file("long", "k".repeat(20_000))],
      file("other", `${"k".repeat(19_999)}j`),
    ];
    expect(collect(makeNewc(members)).secrets).toEqual([
      ...["/cryptroot/keyfiles/root.key", "/etc/copy", "/etc/long.key", "/etc/short.key", "/long"],
    ]);
  });

  test("but nothing else", () => {
    const kept = [
      ...[
        file("etc/passwd", "root:x:0:\na:*:1:\nb:!:2:\nc::3:\n"),
        file("usr/bin/tool", "#!x", 0o100700),
      ],
      ...[file("etc/ssl/ca.pem", pem("CERTIFICATE")), file("usr/share/keys.txt", "PRIVATE KEY")],
      file("usr/lib/keymap", "key"),
      file("usr/lib/systemd/network/a.network", "[Network]\nDHCP=yes\n# PrivateKey=x\n"),
      file("usr/lib/systemd/system/a.service", "#SetCredential=a:b\nImportCredential=a\n"),
      file("etc/fstab", "/dev/sda1 / ext4 ro 0 0\n  # //a /a cifs password=x\n"),
      file("conf/initramfs.conf", "KEYMAP=n\nNFSROOT=auto\n"),
      // libgnutls has such lines.
      file("usr/lib/lib.so", `\x7fELF${"\0".repeat(20_000)}${pem("PRIVATE KEY")}`),
    ];
    const { entries, secrets } = collect(makeNewc(kept));
    expect(secrets).toEqual([]);
    expect(entries.filter(({ kind }) => kind === "file").length).toBe(kept.length);
  });
});

describe("the initrd in a unified kernel image", () => {
  function makeImage(sections: readonly (readonly [string, string])[]): Uint8Array {
    const image = new Uint8Array(4096 * (sections.length + 1));
    const view = new DataView(image.buffer);
    image.set(toBytes("MZ"));
    view.setUint32(0x3c, 0x80, true);
    image.set(toBytes("PE\0\0"), 0x80);
    view.setUint16(0x86, sections.length, true);
    view.setUint16(0x94, 0xf0, true);
    sections.forEach(([name, data], i) => {
      const at = 0x80 + 24 + 0xf0 + 40 * i;
      image.set(toBytes(name), at);
      view.setUint32(at + 8, data.length, true);
      view.setUint32(at + 16, 4096, true);
      view.setUint32(at + 20, 4096 * (i + 1), true);
      image.set(toBytes(data), 4096 * (i + 1));
    });
    return image;
  }

  test("is the contents of its section, without the padding", () => {
    const image = makeImage([
      [".linux", "kernel"],
      [".initrd", "initrd"],
    ]);
    expect(toByteString(findInitrdSection(image) ?? new Uint8Array())).toBe("initrd");
    for (let length = 64; length < 4096; length += 7) {
      expect(findInitrdSection(image.subarray(0, length))).toBeUndefined();
    }
  });

  test("may be absent, and any other file is taken as an initrd", () => {
    expect(findInitrdSection(makeImage([[".linux", "kernel"]]))).toBeUndefined();
    expect(findInitrdSection(zstd)).toBe(zstd);
  });
});

test("finds hooks of dracut, finalrd and systemd-shutdown, and leaves out those for storage", () => {
  const hook = (path: string, mode = 0o100755) => file(path, "#!/bin/sh\n", mode);
  const { entries } = collect(
    makeNewc([
      hook("usr/lib/dracut/hooks/shutdown/25-dm-shutdown.sh"),
      hook("usr/lib/dracut/hooks/shutdown/30-md-shutdown.sh"),
      hook("usr/lib/dracut/hooks/shutdown/40-stop-fcoe.sh", 0o100644),
      hook("usr/lib/dracut/hooks/pre-shutdown/30-mdmon-pre-shutdown.sh"),
      hook("var/lib/dracut/hooks/pre-shutdown/50-own.sh"),
      hook("usr/lib/dracut/hooks/cleanup/10-other.sh"),
      hook("usr/share/finalrd/mdadm.finalrd"),
      hook("usr/share/finalrd/README.finalrd", 0o100644),
      hook("lib/systemd/system-shutdown/mdadm.shutdown"),
    ]),
  );
  const { ran, needless, entries: left } = takeHooks(entries);
  expect(ran).toEqual([
    { path: "/var/lib/dracut/hooks/pre-shutdown/50-own.sh", stage: "before-umount" },
    { path: "/usr/lib/dracut/hooks/shutdown/40-stop-fcoe.sh", stage: "after-umount" },
    { path: "/lib/systemd/system-shutdown/mdadm.shutdown", stage: "last" },
    { path: "/usr/share/finalrd/mdadm.finalrd", stage: "last" },
  ]);
  expect(needless.map((path) => path.slice(path.lastIndexOf("/") + 1))).toEqual([
    ...["30-mdmon-pre-shutdown.sh", "25-dm-shutdown.sh", "30-md-shutdown.sh"],
  ]);
  expect(left.map(({ path }) => `/${path}`).filter((path) => needless.includes(path))).toEqual([]);
  expect(show(left).filter((one) => one.startsWith("usr/lib/systemd"))).toEqual([
    ...["usr/lib/systemd/", "usr/lib/systemd/system-shutdown/"],
    "usr/lib/systemd/system-shutdown/mdadm.finalrd -> ../../../../usr/share/finalrd/mdadm.finalrd",
    "usr/lib/systemd/system-shutdown/mdadm.shutdown -> ../../../../lib/systemd/system-shutdown/mdadm.shutdown",
  ]);
});

test("files of the image replace those of the initrd, and a directory replaces a link to one", () => {
  const below = collect(
    makeNewc([
      ...[directory("usr"), directory("usr/bin"), directory("usr/bin/sub"), link("bin", "usr/bin")],
      ...[file("usr/bin/sh", "below"), file("usr/bin/ls", "below"), file("usr/bin/sub/x", "below")],
      ...[
        file("shutdown", "below"),
        file("manifest.json", "below"),
        file("etc/exitrd.measured", ""),
      ],
      ...[
        file("tool", "below"),
        directory("dir"),
        file("dir/a", "below"),
        file("etc/conf", "below"),
      ],
    ]),
  ).entries;
  const above: readonly CpioEntry[] = [
    { kind: "directory", path: "bin", mode: 0o755 },
    { kind: "file", path: "bin/sh", mode: 0o555, data: toBytes("above") },
    { kind: "directory", path: "bin/sub", mode: 0o755 },
    { kind: "directory", path: "tool", mode: 0o755 },
    { kind: "file", path: "dir", mode: 0o555, data: toBytes("above") },
    { kind: "directory", path: "etc", mode: 0o755 },
  ];
  expect(show(listBelow(below, above)).sort()).toEqual([
    ...["bin/ls -> ../usr/bin/ls", "bin/sub/x -> ../../usr/bin/sub/x", "etc/conf 0444 below"],
    ...["usr/", "usr/bin/", "usr/bin/ls 0444 below", "usr/bin/sh 0444 below", "usr/bin/sub/"],
    "usr/bin/sub/x 0444 below",
  ]);
});

describe("endless input is given up", () => {
  test("a stream without end", () => {
    const endless = {
      ...unpackers,
      decompressEach: (_: Uint8Array, use: (part: Uint8Array) => void) => {
        const part = new Uint8Array(1 << 26).fill(1);
        for (let i = 0; i < 1000; i += 1) use(part);
        throw new Error("not ended");
      },
    };
    expect(collectTree(zstd, "", endless)).toMatchObject({
      problem: { kind: "unpack", reason: "it unpacks to more than 4 GiB" },
    });
  });

  test("the search for the end of compressed data among archives without members", () => {
    const ends = Array.from({ length: 100 }, () => makeNewc([]));
    let runs = 0;
    const tree = collectTree(joinBytes([toBytes("\xfd7zXZ\0"), ...ends]), "", {
      ...unpackers,
      unpackOther: () => {
        runs += 1;
        throw new Error("truncated");
      },
    });
    expect(tree).toMatchObject({ problem: { kind: "unpack", reason: "truncated" } });
    expect(runs).toBe(17);
  });

  test("the search for an archive among headers without end", () => {
    const whole = makeNewc([file("a", "")]);
    const headers = Array.from({ length: 300 }, () => whole.subarray(0, 112));
    const packed = joinBytes([toBytes("\xfd7zXZ\0"), ...headers, toBytes("x"), whole]);
    const read: number[] = [];
    collectTree(packed, "", {
      ...unpackers,
      unpackOther: (_, data, use) => {
        read.push(data.length);
        use(whole);
        return true;
      },
    });
    expect(read).toEqual([packed.length]);
  });
});
