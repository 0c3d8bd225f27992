#!/bin/sh
# Makes OpenRC run the case in the guest in $1 if openrc-init is PID 1, which reads no inittab.
set -eu
root=$1
cat >"$root/etc/init.d/exitrd-case" <<'EOF'
#!/sbin/openrc-run
start() {
	case $(readlink /proc/1/exe) in
	*/openrc-init) ;;
	*) return 0 ;;
	esac
	setsid /usr/local/sbin/exitrd-case &
}
EOF
chmod 755 "$root/etc/init.d/exitrd-case"
ln -s /etc/init.d/exitrd-case "$root/etc/runlevels/default/"
