import type { Row } from "../row.ts";

const configfs = `mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config
`;

/** Volumes that this machine presents as a USB device, on a software controller. */
export const usbRows: readonly Row[] = [
  {
    name: "volume that is shown as a USB disk",
    parts: [48],
    build: `dmsetup create zoo-usb --table "0 $(sectors $d1) linear $d1 0"
ext4_with_data /dev/mapper/zoo-usb
umount $at
modprobe -a dummy_hcd libcomposite usb_f_mass_storage configfs
${configfs}gadget=/sys/kernel/config/usb_gadget/zoo
mkdir -p $gadget/functions/mass_storage.0 $gadget/configs/c.1
echo 0x1d6b >$gadget/idVendor
echo 0x0104 >$gadget/idProduct
echo /dev/mapper/zoo-usb >$gadget/functions/mass_storage.0/lun.0/file
ln -s $gadget/functions/mass_storage.0 $gadget/configs/c.1/
ls /sys/class/udc >$gadget/UDC
! dmsetup remove zoo-usb
`,
    steps: [
      "unexport '/sys/kernel/config/usb_gadget/zoo/functions/mass_storage.0/lun.0'",
      "dm remove 'zoo-usb'",
    ],
    inspect: "good_ext4 $d1\n",
    controlUnseen: "it is unmounted",
  },
];
