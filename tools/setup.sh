#!/bin/sh
# Prepares a fresh Debian machine: installs missing Debian packages and the npm
# packages of the lock file. Takes a few milliseconds if everything is there.
# With "arm64", also what builds and emulates programs and machines of that kind.
set -eu
cd "$(dirname "$0")/.."

# Before anything is installed. Debian 12 has version 18, which lacks an export that vitest needs.
node=$(node --version 2>/dev/null || echo none)
case "$node" in
v20.[0-9].* | v20.1[0-8].*) node_is_old=yes ;;
v2[0-9].* | v[3-9][0-9].*) node_is_old=no ;;
*) node_is_old=yes ;;
esac
if [ "$node_is_old" = yes ]; then
	echo "exitrd: cannot build with Node.js $node: install version 20.19 or later, for example from https://nodejs.org" >&2
	exit 1
fi

packages="
	busybox bzip2 ca-certificates clang-format cpio cryptsetup-bin debian-archive-keyring
	dosfstools dpkg-dev e2fsprogs efitools erofs-utils fdisk file fish g++ gcc
	initramfs-tools-core jq klibc-utils libasan8 libc6-dev libcap2-bin libubsan1 lintian linux-libc-dev lz4
	lzop make mandoc mmdebstrap mtools musl-tools openssl ovmf qemu-system-x86 sbsigntool scdoc
	squashfs-tools swtpm systemd systemd-boot-efi util-linux xz-utils zsh zstd
"
if [ "${1:-}" = arm64 ]; then
	packages="$packages
		arch-test gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-system-arm qemu-user-static"
fi

missing=""
for package in $packages; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$status" = installed ] || missing="$missing $package"
done
if [ -n "$missing" ]; then
	if [ "$(id -u)" != 0 ]; then
		echo "exitrd: cannot install$missing: run 'sudo apt-get install$missing' first" >&2
		exit 1
	fi
	echo "installing Debian packages:$missing"
	export DEBIAN_FRONTEND=noninteractive
	apt-get -qq update
	# shellcheck disable=SC2086 # a list of words
	apt-get -qq install --no-install-recommends -y $missing >/dev/null
fi

stamp=node_modules/.package-lock.json
if [ ! -e "$stamp" ] || [ package-lock.json -nt "$stamp" ]; then
	echo "installing npm packages"
	# Not 'npm ci': it rejects a lock file that lacks the optional packages of other
	# platforms, and not every registry has those.
	npm install --no-save --silent
	touch "$stamp"
fi
