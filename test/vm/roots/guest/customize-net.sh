#!/bin/sh
# Runs on the host, called by mmdebstrap with the new root as $1: makes an
# initrd that can also open storage on another machine.
set -eu
root=$1
hook=$root/etc/initramfs-tools/hooks/exitrd-roots-net

cat >"$hook" <<'END'
#!/bin/sh
if [ "$1" = prereqs ]; then exit 0; fi
. /usr/share/initramfs-tools/hook-functions
manual_add_modules virtio_net nfs nfsv3 nfsv4 sd_mod iscsi_tcp nbd nvme_tcp cifs 9p 9pnet_virtio \
  virtiofs fuse ccm cmac gcm aes_generic md4 sha512_generic
# As in live-boot's own hook.
copy_exec /usr/bin/httpfs2 /bin/httpfs
END
chmod 755 "$hook"
# update-initramfs only takes the initiator's name from it.
mkdir -p "$root/etc/iscsi"
echo 'InitiatorName=iqn.2026-11.example:client' >"$root/etc/iscsi/initiatorname.iscsi"
