import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type MachineCopy, openMachineCopy } from "./machine-copy.ts";

// Pipes, devices, other people's files and missing file systems, in a copy of this machine's root
// in which the package is installed.

let copy: MachineCopy;

beforeAll(() => {
  copy = openMachineCopy();
}, 300_000);

afterAll(() => copy.close());

const start = () => `dpkg -i '${copy.exitrd}' >/dev/null 2>&1
mkdir -p /run/systemd/system /run/here && cd /run/here
key() { openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=$1" -keyout $1.key -out $1.pem 2>/dev/null; }
try() { code=0; "$@" || code=$?; echo "= $code"; }
exec 2>&1
`;

function run(script: string): readonly string[] {
  const { stdout, stderr } = copy.run(start() + script);
  expect(stderr).toBe("");
  return stdout.split("\n").slice(0, -1);
}

describe("a pipe in place of a file", { timeout: 120_000 }, () => {
  test("of the configuration or of trust is not taken for an empty file", () => {
    const lines = run(`
for file in /etc/exitrd.conf /etc/exitrd/trusted.d/x.pem /etc/exitrd/revoked.d/x.pem; do
  mkfifo $file; try exitrd load --target tree; rm $file
done
mkfifo /etc/exitrd/build.conf; try exitrd build --configured --output x`);
    expect(lines.filter((line) => line.startsWith("="))).toEqual(["= 1", "= 1", "= 1", "= 1"]);
    expect(lines.filter((line) => line.includes("Not a regular file"))).toEqual([
      "exitrd: /etc/exitrd.conf: Not a regular file, using Wipe=yes, Verify=require, Measure=require, Seal=verity",
      "exitrd: cannot trust '/etc/exitrd/trusted.d/x.pem': Not a regular file, ignoring",
      expect.stringContaining("'/etc/exitrd/revoked.d/x.pem': Not a regular file"),
      "exitrd: cannot build: /etc/exitrd/build.conf: Not a regular file",
    ]);
  });
});

describe("files that are not exitrd's", { timeout: 120_000 }, () => {
  test("a device is written to, and never removed", () => {
    const lines = run(`
mknod null c 1 3; mkdir directory
printf '[Exitrd]\\nRecord=off\\n' >/etc/exitrd.conf; exitrd load >/dev/null
try exitrd check --motd null >/dev/null; stat -c %F null
try exitrd check --motd directory`);
    expect(lines.filter((line) => !line.startsWith("exitrd: loaded"))).toEqual([
      expect.stringMatching(/^character special file$/),
      "exitrd: cannot write 'directory': Is a directory: name another file with --motd",
      "= 3",
    ]);
  });

  test("those next to an image are as they were after it was signed", () => {
    const lines = run(`
key own; key other; cp /usr/lib/exitrd/exitrd.img x.img
for name in x.img.chain x.img.unsigned x.raw.roothash; do echo mine >$name; done
exitrd sign --key own.key --cert own.pem --chain own.pem x.img >/dev/null 2>&1
exitrd sign --key own.key --cert own.pem --seal x.raw x.img >/dev/null 2>&1
cat x.img.chain x.img.unsigned x.raw.roothash; ls -A | grep '^\\.' || echo nothing else`);
    expect(lines).toEqual(["mine", "mine", "mine", "nothing else"]);
  });

  test("a sealed image goes to standard output, and nothing else is left or reported", () => {
    const lines = run(`
key own; cp /usr/lib/exitrd/exitrd.img x.img
exitrd sign --key own.key --cert own.pem --seal - x.img 2>said >sealed
head -c 520 sealed | tail -c 8; echo; cat said; ls -A | grep roothash || echo nothing else`);
    expect(lines).toEqual([
      "EFI PART",
      "exitrd: wrote '-': signed by 'own' (RSA-2048, sha256)",
      "nothing else",
    ]);
  });
});

describe("a new key", { timeout: 120_000 }, () => {
  test("belongs to its certificate, and only root can read it", () => {
    const lines = run(`
for i in 1 2 3; do exitrd sign --new-key >said-$i 2>&1 & done; wait
stat -c '%a %n' /etc/exitrd/sign.key /etc/exitrd/sign.pem
openssl x509 -in /etc/exitrd/sign.pem -noout -pubkey >one
openssl pkey -in /etc/exitrd/sign.key -pubout >two; cmp one two && echo same`);
    expect(lines).toEqual(["600 /etc/exitrd/sign.key", "644 /etc/exitrd/sign.pem", "same"]);
  });

  test("that cannot be written has one line with the reason and a cure", () => {
    expect(run("rm -r /etc/exitrd; try exitrd sign --new-key")).toEqual([
      "exitrd: cannot make a key: cannot write '/etc/exitrd/sign.key': No such file or directory: create its directory, or name other files with --key and --cert",
      "= 1",
    ]);
  });

  test("does not fit on a full file system, where creating a directory cures nothing", () => {
    const fill = "mount -t tmpfs -o nr_inodes=1 full /etc/exitrd";
    expect(run(`${fill}; try exitrd sign --new-key`)).toEqual([
      "exitrd: cannot make a key: cannot write '/etc/exitrd/sign.key': No space left on device: name other files with --key and --cert",
      "= 1",
    ]);
  });

  test("is what 'exitrd sign' suggests to those who have none", () => {
    expect(run("try exitrd sign; try exitrd sign --key my.key; try exitrd verify -")).toEqual([
      "exitrd: cannot sign: no key is given: make one with 'exitrd sign --new-key', or name yours with --key and --cert, or with Sign= in exitrd-build.conf(5)",
      "= 2",
      "exitrd: cannot sign: --cert is missing: name the key and its certificate",
      "= 2",
      "exitrd: cannot verify standard input: the signature is a file beside the image's",
      "= 2",
    ]);
  });

  test("with a wrong passphrase, or in a token without a module, is not called missing", () => {
    const lines = run(`
openssl req -x509 -newkey rsa:2048 -days 30 -subj /CN=x -keyout x.key -out x.pem -passout pass:abc 2>/dev/null
cp /usr/lib/exitrd/exitrd.img x.img
echo wrong | setsid -w exitrd sign --key x.key --cert x.pem x.img || :
exitrd sign --key 'pkcs11:object=x' --cert x.pem x.img || :`);
    expect(lines).toEqual([
      "exitrd: cannot sign 'x.img': the passphrase is wrong: try again",
      expect.stringMatching(/: openssl has no module for this kind of key: .*--provider/),
    ]);
  });
});

test("the directories that the manual names are in the package", { timeout: 120_000 }, () => {
  const paths = ["/etc/exitrd/trusted.d", "/etc/exitrd/revoked.d", "/etc/exitrd.conf.d"];
  expect(run(`ls -d -U ${paths.join(" ")}`)).toEqual(paths);
});

describe("without what is usual", { timeout: 120_000 }, () => {
  test("a closed standard output does not take an image, and is no error otherwise", () => {
    expect(
      run(`
code=0; exitrd build --output - >&- || code=$?; echo "= $code"
code=0; exitrd version >&- || code=$?; echo "= $code"
try exitrd plan --snapshot - <&-`),
    ).toEqual([
      expect.stringMatching(/^exitrd: cannot write '-': Bad file descriptor: /),
      "= 1",
      "= 0",
      "exitrd: cannot read '-': Bad file descriptor",
      "= 1",
    ]);
  });

  test("no plan is made without /sys, which shows the devices", () => {
    expect(run("umount -l /sys; ls -A /sys | wc -l; try exitrd plan; try exitrd snapshot")).toEqual(
      [
        "0",
        "exitrd: cannot observe this machine: /proc or /sys is not readable: mount both",
        "= 1",
        "exitrd: cannot observe this machine: /proc or /sys is not readable: mount both",
        "= 1",
      ],
    );
  });

  test("too little memory is one line", () => {
    expect(run("ulimit -v 60000; try exitrd build --tool /usr/bin/tac --output x")).toEqual([
      "exitrd: cannot build: out of memory: free some",
      "= 1",
    ]);
  });

  test("a name of 5,000 characters is clipped", () => {
    const lines = run(`
name=$(printf 'x%.0s' $(seq 5000))
for call in inspect verify 'load --image' 'load --target' 'unload --target' 'check --motd' 'build --output'; do
  exitrd $call $name 2>&1 >/dev/null | tail -1
done`);
    expect(lines).toHaveLength(7);
    for (const line of lines) expect(line.length).toBeLessThan(1000);
  });
});
