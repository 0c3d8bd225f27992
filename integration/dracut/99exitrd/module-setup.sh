#!/bin/bash
# Adds the image and its loader to the initrd, and loads it at the end of the initrd.
#
# dracut's own shutdown is then disabled: dracut-initramfs-restore does nothing without
# /run/initramfs/.need_shutdown, which our mount hides. If nothing was loaded (refused,
# exitrd=off), it runs as if this module did not exist.

# called by dracut
check() {
	# The files come from this machine, so another root is not supported.
	[[ ${mount_needs-}${dracutsysrootdir-} ]] && return 1
	require_binaries /usr/bin/exitrd /usr/lib/exitrd/copy-to-initrd || return 1
	return 0
}

# called by dracut
depends() {
	return 0
}

# Before version 112, dracut overwrites the old initrd, and deletes it if the new one does not fit: the
# machine would not boot. So exitrd is added only if there is space, before compression, for what it
# has grown by since the old initrd.
has_space() {
	local old=${outfile-} image free need had=0 size path
	[[ -s $old ]] || return 0
	image=$(/usr/bin/exitrd status --print-image 2>/dev/null) || return 0
	# An arithmetic error would end more of dracut than this function.
	free=$(stat -f -c '%a * %S' "$old") || return 0
	free=$((free / 1024))
	need=$(du -ckL /usr/bin/exitrd "$image" /{etc,usr/lib}/exitrd/extensions 2>/dev/null | tail -n 1)
	need=${need%%[!0-9]*}
	((free >= need)) && return 0
	# A pipeline would fail under pipefail if lsinitrd does, after it has listed everything.
	while read -r _ _ _ _ size _ _ _ path; do
		[[ $size == +([0-9]) ]] || continue
		case $path in
		usr/bin/exitrd | usr/lib/exitrd/* | var/lib/exitrd/* | etc/exitrd/extensions/*)
			had=$((had + size / 1024))
			;;
		esac
	done < <(lsinitrd "$old" 2>/dev/null)
	((free + had >= need)) && return 0
	echo "W: exitrd: there is no image in the initrd: '${old%/*}' has $free KiB free, and $need are needed" >&2
	return 1
}

# called by dracut
install() {
	local modules
	local -a unit=()
	has_space || return 0
	if dracut_module_included systemd; then unit=(--unit); fi
	modules=$(/usr/lib/exitrd/copy-to-initrd "${unit[@]}" "${initdir:?}") || return 1
	[[ $modules ]] || return 0
	# Few, and needed whatever this machine has loaded now.
	# shellcheck disable=SC2086 # a list of words
	hostonly='' instmods $modules
	if [[ ${#unit[@]} == 0 ]]; then
		inst_simple /usr/lib/exitrd/load-in-initrd
		inst_hook cleanup 99 "${moddir:?}/load.sh"
	fi
}
