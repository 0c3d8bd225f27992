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

# called by dracut
install() {
	local modules
	local -a unit=()
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
