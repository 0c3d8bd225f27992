#!/bin/sh
# Runs on the host, called by mmdebstrap with a root as $1 in which dkms has
# just built ZFS: packs the modules as a package in the archive $2.
set -eu
root=$1 archive=$2

tree=$archive/tree
mkdir -p "$tree/DEBIAN"
(cd "$root" && find lib/modules -path '*/dkms/*.ko*' | cpio -pdm --quiet "$tree")
[ -d "$tree/lib" ] || { echo "dkms built no module" >&2; exit 1; }
cat >"$tree/DEBIAN/control" <<EOF
Package: exitrd-test-zfs-modules
Version: 1
Architecture: amd64
Maintainer: exitrd
Provides: zfs-modules
Description: ZFS modules for the kernel of the test guests
EOF
dpkg-deb --build -Znone "$tree" "$archive/modules.deb" >/dev/null
rm -r "$tree"
cd "$archive"
{
  dpkg-deb -f modules.deb
  echo "Filename: ./modules.deb"
  echo "Size: $(stat -c %s modules.deb)"
  echo "SHA256: $(sha256sum modules.deb | cut -d ' ' -f 1)"
} >Packages
