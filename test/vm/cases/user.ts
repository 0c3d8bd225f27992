import type { Case } from "../case.ts";
import { verbCases } from "./verbs.ts";

// Everything that an unprivileged user can leave behind, at once; test/native/unruly.c has the kinds.
// systemd-shutdown reads the command line of each process, and waits without end for one that keeps
// the lock of its memory map. So that process is there only if systemd-shutdown is not executed, and
// is started last, because it slows down systemd as well.
// Stopping a unit does not kill these processes, which a user could not configure in systemd. The
// FUSE mounts are made like those of fusermount3, and one process copies all mounts into its own
// namespaces.
const prepare = (isEarly: boolean): string => `set -u
useradd -M -d /home/mallory -u 4243 mallory
cp unruly crowd /var/tmp
chmod 755 /var/tmp/unruly /var/tmp/crowd
modprobe fuse
mkdir -p /etc/systemd/system.conf.d
printf '[Manager]\\nDefaultTimeoutStopSec=5s\\n' >/etc/systemd/system.conf.d/limit.conf
systemctl daemon-reexec
lvcreate -q -y -L 48M -n swap vg
mkswap /dev/vg/swap >/dev/null
swapon /dev/vg/swap
home=/home/mallory
for name in '' /private /d1 /d1/mnt /lock /mute /none; do
  install -d -o mallory -g mallory $home$name
done
# A name of 15 bytes that turns the console red and begins a line.
cat >/var/tmp/leave <<'END'
exec -a "$(printf "$1")" /var/tmp/unruly "$2" "$3"
END
number=0
leave() {
  name=$1 kind=$2 folder=$3
  shift 3
  number=$((number + 1))
  systemd-run -q --unit=left$number --description=leftover -p KillMode=none \\
    -p DefaultDependencies=no -p TasksMax=300 "$@" bash /var/tmp/leave "$name" $kind $home/$folder
}
leave 'a\\033[31m\\nforged' private private
leave long deadlock d1/mnt
leave mute mute mute
leave @mine user none
leave marked mark none -p User=mallory -p Delegate=yes
leave full fill none -p MemoryMax=48M
systemd-run -q --unit=bomb -p KillMode=none -p DefaultDependencies=no -p User=mallory \\
  -p TasksMax=200 /var/tmp/crowd bomb
as_mallory() { setpriv --reuid 4243 --regid 4243 --clear-groups "$@"; }
as_mallory dd if=/dev/zero of=/dev/shm/left bs=1M count=20 status=none
sleep 5
as_mallory perl -e '
  chdir "/home/mallory" or die;
  for (1 .. 21) { mkdir "d" x 200; chdir "d" x 200 or die }
  rename "/home/mallory/d1", "d1" or die;'
# Last, and in one unit: systemd is the parent of each of their processes, and hardly answers any more.
cat >/var/tmp/hoppers <<'END'
for one in 1 2 3; do bash /var/tmp/leave hopper hop none & done
wait
END
systemd-run -q --unit=hoppers -p KillMode=none -p DefaultDependencies=no bash /var/tmp/hoppers
echo "longest path: $(awk '{ print length($5) }' /proc/self/mountinfo | sort -n | tail -n 1)"
echo "shared: $(tail -n +2 /proc/sysvipc/shm | wc -l), swapped: $(awk 'NR > 1 { print $4 }' /proc/swaps)"
${isEarly ? "setsid -f bash /var/tmp/leave locked lock $home/lock </dev/null >/dev/null 2>&1; sleep 2" : ""}
for comm in $(printf 'a\\033[31m') long ${isEarly ? "locked" : ""} mute @mine marked crowd; do
  echo "$comm runs: $(cat /proc/[0-9]*/comm 2>/dev/null | grep -Fxc "$comm")" | tr -d '\\033'
done
# The hoppers are gone before anything can be read of them.
forks() { awk '$1 == "processes" { print $2 }' /proc/stat; }
before=$(forks)
sleep 2
echo "forks: $(($(forks) - before))"
echo "<6>case: begins" >/dev/kmsg
`;

// systemd would pass on the five seconds that its units have.
const deadline = "exitrd.timeout=90s";

// The signal needs no answer from systemd.
const powerOff = "systemctl poweroff || kill -s RTMIN+4 1\n";

const [healthy] = verbCases.filter(({ name }) => name === "lvm-on-luks poweroff");
if (healthy === undefined) throw new Error("no case 'lvm-on-luks poweroff'");

const name = "lvm-on-luks: an unprivileged user does all that keeps storage busy, at once";

// Whether the record says "degraded" depends on whether a process could be killed before its FUSE
// mount was gone.
const { record: _, ...rest } = healthy.expect;

const base: Case = {
  ...healthy,
  name,
  script: `${prepare(false)}${powerOff}`,
  extraCommandLine: deadline,
  files: ["unruly", "crowd"],
  limitSeconds: 900,
  expect: {
    ...rest,
    console: [/case: begins/, ...(healthy.expect.console ?? []), /nothing left; poweroff/],
    consoleNever: [
      // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what the user wants there
      ...[/\x1b\[31m/, /(?:^|\] )forged/, /is still mounted/],
      ...[/Kernel panic/, /last resort/, /Out of memory/],
    ],
    // systemd has stopped all units before that.
    within: { from: /poweroff\.target/, seconds: 120 },
    output: expectOutput(false),
  },
};

function expectOutput(isEarly: boolean): readonly RegExp[] {
  const locked = isEarly ? ["locked"] : [];
  const running = ["a[31m", "long", ...locked, "mute", "@mine", "marked", "crowd"];
  return [
    /^longest path: 4[2-9][0-9]{2}$/,
    /^shared: [1-9][0-9]*, swapped: [1-9][0-9]{3,}$/,
    ...running.map((comm) => new RegExp(`^${comm.replace("[", "\\[")} runs: [1-9]`)),
    /^forks: [1-9][0-9]{2,}$/,
  ];
}

/** Row 11a and 11b of docs/trust.md on a whole machine. */
export const userCases: readonly Case[] = [
  base,
  {
    ...base,
    name: `early: ${name}`,
    script: `${prepare(true)}${powerOff}`,
    extraCommandLine: `${deadline} exitrd.enter=early`,
    expect: { ...base.expect, output: expectOutput(true) },
  },
  {
    ...base,
    name: `control: ${name}, without exitrd`,
    equipment: "without exitrd",
    expect: {
      ending: "poweroff",
      volumeKey: "present",
      console: [/case: begins/],
      output: expectOutput(false),
    },
  },
];
