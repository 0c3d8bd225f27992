#!/bin/sh
# The first process of a site, which is a network of its own with servers for a
# machine. $1 is the tree that the servers run from, $2 the site's folder, $3
# what they serve ("disk", or the "files" of the file system on it). It runs
# until its standard input is closed.
set -eu
tree=$1 work=$2 serves=$3
root=$work/site/root
ip link set lo up
mkdir "$work/site" "$work/export"
mount -t tmpfs tmpfs "$work/site"
mkdir "$work/site/upper" "$work/site/work" "$root"
layers=lowerdir=$tree,upperdir=$work/site/upper,workdir=$work/site/work
mount -t overlay overlay -o "$layers" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mkdir "$root/site" "$root/export"
if [ "$serves" = files ]; then mount -o loop "$work/disk0.img" "$work/export"; fi
mount --bind "$work" "$root/site"
mount --bind "$work/export" "$root/export"
chroot "$root" bash -e /site/start.sh </dev/null >"$work/start.log" 2>&1
echo "site: ready"
cat >/dev/null
