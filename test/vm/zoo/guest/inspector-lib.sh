# For the inspector: $name, $at, $d1, $d2, … as in the zoo.

at=/zoo/$name
mkdir -p "$at"

fail() {
  echo "$*"
  exit 1
}

clean_ext4() {
  dumpe2fs -h "$1" >/tmp/e2 2>&1 || fail "no ext4 on $1"
  if grep -q needs_recovery /tmp/e2; then fail "the ext4 on $1 needs recovery"; fi
  e2fsck -fn "$1" >/tmp/e2 2>&1 || fail "e2fsck: $(tail -n 3 /tmp/e2)"
}

# Checks that the file from the zoo is unchanged.
same() {
  local found
  found=$(sha256sum <"$1/data" | cut -d ' ' -f 1)
  grep -qx "sum $name $found" sums || fail "the data is not what was written"
}

# Checks for a clean ext4 with the data on it.
good_ext4() {
  clean_ext4 "$1"
  mount -t ext4 -o ro,noload "$1" "$at"
  same "$at"
}

# Checks that MD members were stopped cleanly, without a pending resync.
clean_md() {
  local member
  for member in "$@"; do
    mdadm --examine "$member" >/tmp/md || fail "no MD member on $member"
    grep -q 'State : clean' /tmp/md || fail "$member: $(grep 'State :' /tmp/md)"
    if grep -q 'Resync Offset' /tmp/md; then fail "$member has a resync pending"; fi
  done
}

assemble() {
  mdadm --assemble --run --readonly "$@" >/tmp/md 2>&1 || fail "$(cat /tmp/md)"
}
