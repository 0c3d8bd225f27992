import type { Case } from "../case.ts";

// "load NAME ARGUMENTS…" tries to load, and prints the messages and the result.
const prelude = `set -u
image=/usr/lib/exitrd/exitrd.img
work=/var/tmp/images
mkdir -p $work
tree() { [ -e /run/initramfs/shutdown ] && echo there || echo none; }
report() {
  name=$1
  shift
  "$@" >$work/said 2>&1
  echo "$name: exit $?, $(wc -l <$work/said) lines, tree $(tree)"
  sed "s/^/$name: /" $work/said
}
load() {
  name=$1
  shift
  exitrd unload >$work/unloaded 2>&1 || cat $work/unloaded
  report "$name" exitrd load "$@"
}
`;

const damagedImages = `${prelude}
echo "boot: tree $(tree)"
load good
load missing --image $work/nothing
size=$(stat -c %s $image)
head -c $((size / 2)) $image >$work/truncated
load truncated --image $work/truncated
: >$work/empty
load empty --image $work/empty
for part in 1 2 3; do
  cp $image $work/flipped
  at=$((size * part / 4))
  byte=$(od -An -tu1 -j $at -N 1 $image)
  printf "$(printf '\\\\%03o' $((byte ^ 4)))" | dd of=$work/flipped bs=1 seek=$at conv=notrunc status=none
  load "flipped bit $part" --image $work/flipped
done
exitrd unload >$work/unloaded
report "another architecture" setarch i686 exitrd load
mount -o remount,noexec /run
load "noexec run"
exitrd unload >$work/unloaded
dd if=/dev/zero of=/run/fill bs=64k status=none 2>/dev/null
load "full run"
rm /run/fill
exitrd unload
echo "end: tree $(tree)"
systemctl poweroff
`;

const refused = (name: string): readonly RegExp[] => [
  new RegExp(`^${name}: exit 1, 1 lines, tree none`),
  new RegExp(`^${name}: exitrd: cannot load `),
];

const kills = 20;

// Every round must end in one of two states; any other prints "HALF". The time is that of a second
// load, whose files are in the cache. A builtin waits, because starting a program takes longer than
// a load here.
const killedLoader = `${prelude}
exec 9<> <(:)
for warm in 1 2 3; do
  exitrd unload >/dev/null
  start=$(date +%s%N)
  exitrd load >/dev/null
  took=$((($(date +%s%N) - start) / 1000))
done
exitrd unload >/dev/null
mounts=$(wc -l </proc/self/mountinfo)
hits=0
for round in $(seq ${kills}); do
  wait_us=$((RANDOM * took / 32768))
  exitrd load >/dev/null 2>&1 &
  loader=$!
  read -r -t "$(printf '0.%06d' $wait_us)" -u 9
  kill -KILL $loader 2>/dev/null
  wait $loader 2>/dev/null
  code=$?
  if [ $code -eq 137 ]; then hits=$((hits + 1)); fi
  if [ "$(tree)" = none ]; then
    state="none, $(($(wc -l </proc/self/mountinfo) - mounts)) mounts left over"
  elif exitrd status >/dev/null || [ $? -eq 3 ]; then
    state=complete
  else
    state=HALF
  fi
  echo "killed after $wait_us of $took us, code $code: $state"
  exitrd unload >/dev/null 2>&1
done
echo "killed while at work: $hits of ${kills} rounds"
report "load after the kills" exitrd load
systemctl poweroff
`;

// Root can do this: see "Changes after loading" in docs/trust.md.
const changedTree = `set -e
mount -o remount,rw /run/initramfs
printf '[Exitrd]\nTimeout=60s\n' >/run/initramfs/etc/exitrd.conf
exitrd status || true
systemctl poweroff
`;

/** The loader with damaged images and other faults, and the shutdown after that. */
export const loaderCases: readonly Case[] = [
  {
    name: "ext4: damaged images are refused, and the machine powers off without us",
    stack: "ext4",
    equipment: "exitrd",
    script: damagedImages,
    limitSeconds: 400,
    expect: {
      ending: "poweroff",
      fileSystems: "clean",
      controllerShutDown: true,
      output: [
        /^boot: tree there/,
        /^good: exit 0, 1 lines, tree there/,
        ...refused("missing"),
        ...refused("truncated"),
        ...refused("empty"),
        ...refused("flipped bit 1"),
        ...refused("flipped bit 2"),
        ...refused("flipped bit 3"),
        ...refused("another architecture"),
        // Our own tmpfs does not need a /run with exec or with free space.
        /^noexec run: exit 0, 1 lines, tree there/,
        /^full run: exit 0, 1 lines, tree there/,
        /^end: tree none/,
      ],
      consoleNever: [/umount '\/oldroot'/, /Kernel panic/],
    },
  },
  {
    name: "ext4: PID 1 names what was changed in its tree, and goes on",
    stack: "ext4",
    equipment: "exitrd",
    script: changedTree,
    limitSeconds: 300,
    expect: {
      ending: "poweroff",
      fileSystems: "clean",
      controllerShutDown: true,
      output: [/^loaded: .*: damaged: run 'exitrd load'/],
      console: [
        /umount '\/oldroot'/,
        /exitrd: cannot verify '\/etc\/exitrd\.conf': changed after loading \(size\), ignoring/,
      ],
      consoleNever: [/Kernel panic/],
    },
  },
  {
    name: `ext4: the loader is killed at ${kills} random points`,
    stack: "ext4",
    equipment: "exitrd",
    script: killedLoader,
    limitSeconds: 400,
    expect: {
      ending: "poweroff",
      fileSystems: "clean",
      // With fewer than five interrupted loads, nothing would be proven.
      output: [
        /^killed while at work: ([5-9]|1[0-9]|20) of/,
        /^load after the kills: exit 0, 1 lines, tree there/,
      ],
      outputNever: [/HALF/, /none, [1-9]/],
      console: [/umount '\/oldroot'/],
      consoleNever: [/Kernel panic/],
    },
  },
];
