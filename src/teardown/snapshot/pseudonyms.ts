import type { Snapshot } from "../../kinds/kinds.ts";

/** Members whose strings are the kernel's own words, or numbers. */
const PLAIN_MEMBERS = new Set(
  (
    "kernel dev type options propagation level arrayState metadataVersion " +
    "bitmapLocation state version protocol startTime fileSystems"
  ).split(" "),
);

/** Words that say what a thing is, but nothing about its owner. */
const KNOWN = new Set(
  (
    "dev proc sys run boot usr bin sbin lib lib64 var srv home mnt media tmp etc opt root efi EFI " +
    "mapper oldroot initramfs shutdown shm pts hugepages mqueue kernel debug tracing config security " +
    "fs cgroup cgroup2 unified pstore efivars bpf fuse fusectl connections none tmpfs devtmpfs sysfs " +
    "devpts ramfs rootfs overlay systemd udev binfmt misc sunrpc rpc pipefs nfsd nfs user swap " +
    "swapfile swap img raw iso squashfs image images mnt net uts ipc pid deleted live medium persistence " +
    "CRYPT LUKS1 LUKS2 PLAIN VERITY INTEGRITY BITLK TCRYPT LVM DMRAID mpath part TEMP crypt tpool " +
    "pool cvol cpool cdata cmeta cow real tdata tmeta rimage rmeta mimage mlog corig wcorig imeta " +
    "iorig vdata vpool pmspare linear ext2 ext3 ext4 xfs btrfs vfat zfs fileio iblock target core " +
    "subsystems namespaces functions lun by id uuid label path " +
    // Programs that serve storage.
    "mdmon dmeventd multipathd iscsid nbd client qemu mount ntfs 3g sshfs"
  ).split(" "),
);

// The kernel's names of devices, and short numbers. A long number may be that of a customer or a serial
// number. "sdean" may be a disk or a person, so names like that must be those of devices here.
const KERNEL_NAME =
  /^(?:[0-9]{1,5}|nvme[0-9]+(?:c[0-9]+)?(?:n[0-9]+)?(?:p[0-9]+)?|(?:dm|md|loop|zram|ram|sr|nbd|rbd|bcache|drbd|zd|mmcblk|ublkb|pmem|session|connection|subsys|host|c)[0-9]*(?:p[0-9]+)?|[a-zA-Z])$/;
// Each of these may consist of short numbers only, so it is replaced as a whole: a UUID, or an address
// of InfiniBand or Fibre Channel, in pairs of digits; IPv6 with and without "::", which may end like
// IPv4; a MAC address, in fewer pairs, which may begin an IPv6 address; the serial number of a vfat;
// IPv4, also as in "ip-10-0-0-1"; and any other word. Unlike for \b, "_" separates words.
const NAME =
  /(?<![0-9A-Za-z\x80-\xff])([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|(?:[0-9A-Fa-f]{2}[:-]){7,19}[0-9A-Fa-f]{2})(?![0-9A-Za-z\x80-\xff])|((?<![0-9A-Za-z\x80-\xff])(?:[0-9A-Fa-f]{1,4}:){6}(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{1,4})(?![0-9A-Za-z\x80-\xff])|(?:(?<![0-9A-Za-z\x80-\xff])[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,6})?::(?:(?:[0-9A-Fa-f]{1,4}:){0,5}[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9A-Za-z\x80-\xff])|[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,6}(?![0-9A-Za-z\x80-\xff]))?)|(?<![0-9A-Za-z\x80-\xff])((?:[0-9A-Fa-f]{2}[:-]){5,6}[0-9A-Fa-f]{2}|[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4})(?![0-9A-Za-z\x80-\xff])|(?<![0-9A-Za-z\x80-\xff])([0-9]{1,3}(?:[._-][0-9]{1,3}){3})(?![0-9A-Za-z\x80-\xff])|[0-9A-Za-z\x80-\xff]+/g;
// They mean this machine: its loopback addresses, and "any address".
const OWN_ADDRESS = /^(?:(?:::[Ff]{4}:)?127\..*|::1?)$/;

/**
 * Replaces names in a snapshot. Each word of a path, name or address is replaced by the same word
 * wherever it occurs, so that the plan has the same steps. The kernel's own words stay: types,
 * options, short numbers, names of devices.
 */
export function replaceNames(snapshot: Snapshot): Snapshot {
  const devices = new Set(snapshot.devices.map(({ name }) => name));
  const words = new Map<string, string>();
  const addresses = new Map<string, string>();
  const replaceWord = (word: string): string => {
    if (KNOWN.has(word) || KERNEL_NAME.test(word) || devices.has(word)) return word;
    return take(words, word, (number) => `n${number}x`);
  };
  // 192.0.2.0/24 and 2001:db8::/32 are for examples (RFC 5737, RFC 3849).
  const replaceAddress = (address: string, isV6: boolean): string =>
    OWN_ADDRESS.test(address)
      ? address
      : take(addresses, address, (number) =>
          isV6 ? `2001:db8::${number % 10_000}` : `192.0.2.${number % 256}`,
        );
  const replaceText = (text: string): string =>
    text.replace(NAME, (name: string, id?: string, v6?: string, serial?: string, v4?: string) => {
      if ((id ?? serial) !== undefined) return take(words, name, (number) => `n${number}x`);
      const address = v6 ?? v4;
      return address === undefined ? replaceWord(name) : replaceAddress(address, v6 !== undefined);
    });
  return replaceIn(snapshot, replaceText) as Snapshot;
}

function take(known: Map<string, string>, name: string, make: (number: number) => string): string {
  const found = known.get(name) ?? make(known.size + 1);
  known.set(name, found);
  return found;
}

/** What follows "fuse." is the name of a program. */
function replaceSubtype(fsType: string, replace: (text: string) => string): string {
  const dot = fsType.indexOf(".");
  return dot < 0 ? fsType : fsType.slice(0, dot + 1) + replace(fsType.slice(dot + 1));
}

function replaceIn(value: unknown, replace: (text: string) => string): unknown {
  if (typeof value === "string") return replace(value);
  if (Array.isArray(value)) return value.map((item) => replaceIn(item, replace));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      if (PLAIN_MEMBERS.has(key)) return [key, member];
      if (key === "fsType") return [key, replaceSubtype(String(member), replace)];
      if (key === "superOptions") return [key, (member as readonly string[]).map(replaceOption)];
      return [key, replaceIn(member, replace)];
    }),
  );

  /** "rw" stays; in "addr=10.0.2.2", only the value is replaced. */
  function replaceOption(option: string): string {
    const equals = option.indexOf("=");
    return equals < 0 ? option : option.slice(0, equals + 1) + replace(option.slice(equals + 1));
  }
}
