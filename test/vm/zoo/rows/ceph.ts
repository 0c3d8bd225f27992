import type { Row } from "../row.ts";

/** The configuration of the cluster and of the inspector: small, and without authentication. */
const config = `[global]
fsid = 8d6e1c2a-7c2f-4f5e-9a0b-3f1d2c4b5a69
mon_host = v1:127.0.0.1:6789
public_addr = 127.0.0.1
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
mon_allow_pool_size_one = true
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_crush_chooseleaf_type = 0
osd_objectstore = bluestore
osd_erasure_code_plugins =
osd_class_load_list = rbd lock
bluestore_cache_autotune = false
bluestore_cache_size = 16M
bluestore_compression_algorithm =
bluestore_rocksdb_options = compression=kNoCompression,write_buffer_size=4194304
mon_data = /mon
osd_data = /osd
run_dir = /run
admin_socket =
log_to_file = false
mon_cluster_log_to_file = false
`;

/** Talks to the monitor as ceph(1) and rbd(8) do, in a tenth of the time. */
const askPython = `import json, rados, rbd, sys, time
cluster = rados.Rados(conffile="/run/ceph/etc/ceph/ceph.conf", name="client.admin")
cluster.connect()
def ask(**command):
    for _ in range(50):
        code, _, words = cluster.mon_command(json.dumps({**command, "format": "json"}), b"")
        if code == 0: return
        time.sleep(0.2)
    sys.exit(f"{command}: {words}")
if sys.argv[1] == "osd":
    ask(prefix="osd new", uuid=sys.argv[2])
else:
    ask(prefix="osd pool create", pool="rbd", pg_num=1)
    with cluster.open_ioctx("rbd") as pool:
        features = rbd.RBD_FEATURE_LAYERING | rbd.RBD_FEATURE_EXCLUSIVE_LOCK
        # As one object of 32 MiB, the largest there can be.
        rbd.RBD().create(pool, "zoo", 32 << 20, order=25, old_format=False, features=features)
`;

/**
 * A monitor and an OSD on $d1, in a chroot in /run and with names that begin with "@": they do not
 * hold the root, and are left alone until the image is unmapped.
 */
const build = `ip link set lo up
# The OSD enters itself below the name of its host, which "(none)" cannot be.
echo zoo >/proc/sys/kernel/hostname
mount -o remount,dev,size=60% /run
base=/run/ceph
libs=/usr/lib/x86_64-linux-gnu
mkdir -p $base/etc/ceph $base/dev $base/bin $base/tmp $base/run $base/mon $base/osd $base$libs/rados-classes
for daemon in ceph-mon ceph-osd; do cp /usr/bin/$daemon $base/bin/@$daemon; done
cp -L $libs/rados-classes/libcls_{rbd,lock}.so $base$libs/rados-classes/
ldd /usr/bin/ceph-{mon,osd} $libs/rados-classes/libcls_{rbd,lock}.so |
  sed -n 's,.*=> \\(/[^ ]*\\) .*,\\1,p' | sort -u >/tmp/libraries
echo /lib64/ld-linux-x86-64.so.2 >>/tmp/libraries
while read -r library; do
  mkdir -p $base\${library%/*}
  cp -L "$library" $base"$library"
done </tmp/libraries
for node in null zero random urandom; do cp -a /dev/$node $base/dev/; done
cp -a $d1 $base/osd/block
cp -L /etc/os-release $base/etc/
cat >$base/etc/ceph/ceph.conf <<'EOF'
${config}EOF
cat >/tmp/ask.py <<'EOF'
${askPython}EOF
inside() { (cd / && PATH=/bin exec /usr/sbin/chroot $base "$@") }
# Nothing of it may lie on the root.
serve() { inside "$@" </dev/null >/dev/null 2>&1 & }
osd=b0f8f0c6-3b3c-4c6d-8f7e-6a5b4c3d2e1f
monmaptool --create --add a 127.0.0.1:6789 --fsid 8d6e1c2a-7c2f-4f5e-9a0b-3f1d2c4b5a69 $base/tmp/map >/dev/null
inside @ceph-mon -i a --mkfs --monmap /tmp/map
serve @ceph-mon -i a -f
python3 -B /tmp/ask.py osd $osd
inside @ceph-osd -i 0 --mkfs --osd-uuid $osd --no-mon-config
serve @ceph-osd -i 0 -f --no-mon-config
python3 -B /tmp/ask.py image
echo "ceph stands at $(cut -d ' ' -f 1 /proc/uptime)"
modprobe rbd
echo "127.0.0.1:6789 name=admin rbd zoo" >/sys/bus/rbd/add_single_major
ext4_with_data /dev/rbd0
`;

/**
 * Reads the only object of the image from the OSD's disk. An exclusive lock that was not released
 * contains its owner, "auto 18446462598732840961", which an unmapped image must not have.
 */
const inspect = `cat >/tmp/ceph.conf <<'EOF'
${config}EOF
export CEPH_CONF=/tmp/ceph.conf
mkdir /tmp/osd
ceph-bluestore-tool prime-osd-dir --dev $d1 --path /tmp/osd
ln -sf $d1 /tmp/osd/block
tool() { ceph-objectstore-tool --data-path /tmp/osd --no-mon-config "$@"; }
tool --op list >/tmp/objects
tool "$(grep rbd_data /tmp/objects)" get-bytes /tmp/image
truncate -s 32M /tmp/image
tool "$(grep rbd_header /tmp/objects)" get-attr _lock.rbd_lock >/tmp/lock || true
if grep -q 'auto ' /tmp/lock; then fail "the image is still locked"; fi
good_ext4 /tmp/image
`;

/** An image of a Ceph cluster that is still running when the image is unmapped. */
export const cephRows: readonly Row[] = [
  { name: "ceph rbd", parts: [320], build, steps: ["rbd unmap 'rbd0'"], inspect },
];

/** The same, with a cluster that does not respond any more: only the deadline matters. */
export const lostCephRows: readonly Row[] = [
  {
    name: "ceph rbd",
    parts: [320],
    build: `${build}ip link set lo down\n`,
    inspect: "true\n",
    expectedLeft: "the cluster is gone before the shutdown",
  },
];
