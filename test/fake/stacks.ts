import { type FakeDevice, FakeMachine, type FakeMount } from "./fake-machine.ts";

export const API: readonly FakeMount[] = [
  mount(1, 0, "0:30", "/", "tmpfs", "tmpfs"),
  mount(2, 1, "0:5", "/dev", "devtmpfs", "udev"),
  mount(3, 1, "0:20", "/sys", "sysfs", "sysfs"),
  mount(4, 1, "0:21", "/proc", "proc", "proc"),
  mount(5, 1, "0:22", "/run", "tmpfs", "tmpfs"),
];

export function mount(
  id: number,
  parentId: number,
  dev: string,
  target: string,
  fsType: string,
  source: string,
): FakeMount {
  return { id, parentId, dev, target, fsType, source };
}

export const disk: FakeDevice = { name: "nvme0n1", dev: "259:0", slaves: [], kind: "disk" };

export const luks: FakeDevice = {
  name: "dm-0",
  dev: "253:0",
  slaves: ["nvme0n1"],
  kind: "dm",
  label: "cryptroot",
};

export const root: FakeDevice = {
  name: "dm-1",
  dev: "253:1",
  slaves: ["dm-0"],
  kind: "dm",
  label: "vg-root",
};

/** What PID 1 sees after the pivot of a machine with root on LVM on LUKS. */
export function lvmOnLuks(): FakeMachine {
  return new FakeMachine({
    // In the order of a real kernel: /oldroot/sys before /oldroot.
    mounts: [
      mount(11, 10, "0:20", "/oldroot/sys", "sysfs", "sysfs"),
      mount(10, 1, "253:1", "/oldroot", "ext4", "/dev/mapper/vg-root"),
      mount(12, 10, "0:21", "/oldroot/proc", "proc", "proc"),
      mount(13, 10, "0:5", "/oldroot/dev", "devtmpfs", "udev"),
      mount(14, 13, "0:24", "/oldroot/dev/pts", "devpts", "devpts"),
      mount(15, 10, "0:22", "/oldroot/run", "tmpfs", "tmpfs"),
      mount(16, 15, "0:30", "/oldroot/run/initramfs", "tmpfs", "tmpfs"),
      ...API,
    ],
    devices: [disk, luks, root],
  });
}
