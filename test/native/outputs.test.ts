import { execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cacheDir } from "../../tools/cache.ts";
import { buildPrograms, type Programs, runProgram } from "./exitrd-program.ts";

let programs: Programs;
let dir: string;

beforeAll(async () => {
  programs = await buildPrograms();
  dir = mkdtempSync(join(cacheDir("test-native"), "outputs-"));
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Runs a script in an empty folder; $exitrd and $build are set. */
function runScript(script: string) {
  const folder = mkdtempSync(join(dir, "run-"));
  const head = `cd '${folder}'
exitrd='${programs.exitrd}'
build="$exitrd build --shutdown ${programs.shutdown} --output"
`;
  const { stdout, stderr, status } = runProgram("bash", ["--norc", "-c", head + script]);
  return { lines: stdout.split("\n").filter(Boolean), stderr, status, folder };
}

describe("the target of --output", () => {
  test("keeps its type if it is not a regular file", () => {
    const { lines, stderr } = runScript(`
mknod null c 1 3 && mknod disk b 7 200 && mkfifo fifo && mkdir folder && ln -s nowhere dangling
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
cat fifo | sha256sum >from-fifo &
for name in null disk fifo folder dangling socket; do
  $build $name >/dev/null 2>&1; echo "$name $? $(stat -c %F $name)"
done
wait
$build file 2>/dev/null
sha256sum <file | cmp - from-fifo && echo 'the same through the FIFO'
ls -A
`);
    expect(lines, stderr).toEqual([
      "null 0 character special file",
      "disk 1 block special file",
      "fifo 0 fifo",
      "folder 1 directory",
      "dangling 1 symbolic link",
      "socket 1 socket",
      "the same through the FIFO",
      ...["dangling", "disk", "fifo", "file", "folder", "from-fifo", "null", "socket"],
    ]);
  });

  test("may be a link to a file, or standard output", () => {
    const { lines, stderr } = runScript(`
mkdir place && echo old >place/file && ln -s place/file link
$build link 2>/dev/null
stat -c %F link place/file
for name in - /dev/stdout /dev/fd/1 /proc/self/fd/1; do
  $build $name 2>/dev/null | cmp - place/file && echo "$name"
done
ls -A . place
`);
    expect(lines, stderr).toEqual([
      ...["symbolic link", "regular file"],
      ...["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"],
      ...[".:", "link", "place", "place:", "file"],
    ]);
  });

  test("may have a name of the maximum length, which messages contain", () => {
    const { lines, stderr, status } = runScript(`
name=$(printf 'n%.0s' {1..255})
$build "$name" 2>/dev/null && ls -A | wc -c
$build nowhere/file
`);
    expect({ lines, status }).toEqual({ lines: ["256"], status: 1 });
    expect(stderr).toMatch(/^exitrd: cannot write 'nowhere\/file': No such file or directory/);
  });

  test("loses the temporary files of killed programs, but not those of running ones", () => {
    const { lines } = runScript(`
touch .exitrd-4194399.new .exitrd-$$.new
(ulimit -f 100; $build image) 2>/dev/null
echo $?
$build image 2>/dev/null
ls -A | sed s/$$/PID/
`);
    expect(lines).toEqual(["153", ".exitrd-PID.new", "image"]);
  });
});

test("the owner of a directory of metrics cannot have root write elsewhere", () => {
  const { lines, stderr } = runScript(`
install -m 0600 /dev/null victim; echo secret >victim
mknod device c 1 3; mkfifo pipe
mkdir texts; ln -s ../victim texts/file; ln -s ../device texts/device; ln -s ../pipe texts/pipe
chown -hR 65534 texts
for name in file device pipe; do
  timeout 30 $exitrd check --metrics texts/$name >/dev/null
  stat -c '%n %F %a' texts/$name
done
stat -c '%n %F %a' victim device; cat victim
mkfifo texts/own; chown 65534 texts/own
timeout 30 $exitrd check --metrics texts/own 2>&1 >/dev/null
mkdir ours; ln -s ../pipe ours/pipe
cat pipe | grep -c '^# TYPE' >from-pipe &
timeout 30 $exitrd check --metrics ours/pipe >/dev/null; wait
[ -s from-pipe ] && stat -c '%n %F' ours/pipe
`);
  expect(lines, stderr).toEqual([
    ...["texts/file", "texts/device", "texts/pipe"].map((name) => `${name} regular file 644`),
    ...["victim regular file 600", "device character special file 644", "secret"],
    expect.stringMatching(/^exitrd: cannot write 'texts\/own': Not a regular file/),
    "ours/pipe symbolic link",
  ]);
});

describe("pipes", () => {
  test("are read to their end", () => {
    const { lines, stderr } = runScript(`
$exitrd snapshot >snapshot
$exitrd plan --snapshot snapshot >plan
for i in 1 2 3 4 5; do $exitrd plan --snapshot <(sleep 0.1; cat snapshot) | cmp - plan; done
(sleep 0.2; cat snapshot) | $exitrd plan --snapshot /dev/stdin | cmp - plan
(sleep 0.2; cat snapshot) | $exitrd plan --snapshot - | cmp - plan
mkfifo fifo && $build image 2>/dev/null
(sleep 0.2; cat image >fifo) & $exitrd inspect fifo | head -1
cat image | $exitrd inspect - | head -1
`);
    expect(lines, stderr).toEqual([
      expect.stringMatching(/^exitrd 0\.0\.0/),
      expect.stringMatching(/^exitrd 0\.0\.0/),
    ]);
    expect(stderr).toBe("");
  });

  test("may deliver a snapshot byte by byte, if there is enough memory", () => {
    const { stderr, status } = runScript(`
{ head -c 12000 /dev/zero | tr '\\0' ' '; $exitrd snapshot; } >snapshot
$exitrd plan --snapshot snapshot >plan
python3 -u -c 'import os
for byte in open("snapshot", "rb").read(): os.write(1, bytes([byte]))' | $exitrd plan --snapshot - | cmp - plan
`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  test("that are closed end it silently, and a full disk with one line", () => {
    const { lines, stderr } = runScript(`
trap '' PIPE
for command in help 'help load' version plan 'plan --json' snapshot; do
  { sleep 0.3; $exitrd $command; echo $? >&3; } 3>>statuses | true
  $exitrd $command >/dev/full
done 2>errors
sort -u statuses
sort errors | uniq -c | sed 's/^ *//'
$build image 2>/dev/full; echo $?
`);
    expect(
      lines.filter((line) => line !== "1"),
      stderr,
    ).toEqual([
      "2 exitrd: cannot plan: standard output: No space left on device",
      "2 exitrd: cannot print help: standard output: No space left on device",
      "1 exitrd: cannot print the version: standard output: No space left on device",
      "1 exitrd: cannot take a snapshot: standard output: No space left on device",
      "0",
    ]);
  });
});

test("a full disk keeps check from writing its files, but not from printing what it found", () => {
  const { lines, stderr } = runScript(`
$exitrd check >alone; echo "$(($? < 3))"
$exitrd check --motd /dev/full --metrics /dev/full >both; echo $?
grep -c '^error: ' alone both
`);
  const [isKnown, full, alone, both] = lines;
  // This machine does not go through exitrd, which is an error.
  expect([isKnown, full], stderr).toEqual(["1", "3"]);
  expect(alone).toMatch(/^alone:[1-9]/);
  expect(both).toBe(alone?.replace("alone", "both"));
  const line = "exitrd: cannot write '/dev/full': No space left on device: name another file with";
  expect(stderr).toContain(`${line} --motd\n${line} --metrics\n`);
});

test("arguments neither add lines nor control a terminal", () => {
  const { stderr } = runScript(`$exitrd inspect "$(printf 'x\\n\\033[31mred')"`);
  expect(stderr).toBe("exitrd: cannot read 'x\\n\\x1b[31mred': No such file or directory\n");
});

test("load reports a missing /proc", () => {
  const root = join(dir, "root");
  for (const name of ["run", "proc"]) mkdirSync(join(root, name), { recursive: true });
  execFileSync(programs.exitrd, [
    ...["build", "--shutdown", programs.shutdown, "--output", join(root, "image")],
  ]);
  writeFileSync(join(root, "exitrd"), "");
  const { stderr, status } = runProgram("unshare", [
    ...["--mount", "sh", "-c"],
    `mount --bind '${programs.exitrd}' '${root}/exitrd' && chroot '${root}' /exitrd load --image /image`,
  ]);
  expect({ status, last: stderr.trimEnd().split("\n").at(-1) }).toEqual({
    status: 1,
    last: "exitrd: cannot load without /proc: mount it",
  });
  expect(lstatSync(join(root, "run")).isDirectory() && readdirSync(join(root, "run"))).toEqual([]);
});
