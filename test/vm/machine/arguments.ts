import { join } from "node:path";
import { type Platform, platforms } from "./platform.ts";
import {
  type Accel,
  type Cue,
  type Disk,
  type Firmware,
  type MachineSpec,
  memoryMiB,
  type Network,
  type Share,
} from "./spec.ts";

// Descriptors that QEMU inherits: the guest's first and second serial line.
export const consoleFd = 3;
export const outputFd = 4;

const tracedEvents = [
  "pci_nvme_mmio_shutdown_set",
  "pci_nvme_mmio_shutdown_cleared",
  "pci_nvme_mmio_start_success",
  "pci_nvme_create_sq",
  "pci_nvme_io_cmd",
  "pci_nvme_write",
];

/** Returns QEMU's command line for a machine. QMP is on standard input and output. */
export function formatArguments(spec: MachineSpec): readonly string[] {
  const platform = platforms[spec.architecture ?? "amd64"];
  const { board } = platform;
  return [
    ...["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
    ...["-machine", spec.ramFile === undefined ? board : `${board},memory-backend=ram`],
    ...formatBoot(spec),
    ...formatAccel(spec.accel, platform),
    ...["-smp", "2", "-m", `${memoryMiB}`],
    ...formatRam(spec.ramFile),
    ...["-chardev", "stdio,id=qmp", "-mon", "chardev=qmp,mode=control"],
    ...["-chardev", `socket,id=console,fd=${consoleFd}`, "-serial", "chardev:console"],
    ...["-chardev", `socket,id=output,fd=${outputFd}`, ...platform.output],
    ...["-device", "virtio-rng-pci"],
    ...spec.disks.flatMap(formatDisk),
    ...(spec.network === undefined ? [] : formatNetwork(spec.network)),
    ...(spec.share === undefined ? [] : formatShare(spec.share)),
    ...(spec.hasWatchdog === true ? ["-device", "i6300esb", "-action", "watchdog=reset"] : []),
    ...(spec.hasBmc === true ? formatBmc() : []),
    ...(spec.erstFile === undefined ? [] : formatErst(spec.erstFile)),
    ...(spec.tpmSocket === undefined ? [] : formatTpm(spec.tpmSocket)),
    ...["-D", join(spec.folder, "trace.log")],
    ...tracedEvents.flatMap((event) => ["-trace", event]),
  ];
}

// Seven records of 8 KiB, the default of QEMU.
const erstSize = "64K";

function formatErst(file: string): readonly string[] {
  return [
    ...["-object", `memory-backend-file,id=erst,mem-path=${file},size=${erstSize},share=on`],
    ...["-device", "acpi-erst,memdev=erst"],
  ];
}

const link = "link0";
const capture = "capture0";
const buffer = "buffer0";
// The maximum delay of a packet on the slow network, in microseconds and in each direction.
const slowInterval = 100_000;

function formatNetwork({ captureFile, servedPort: port }: Network): readonly string[] {
  const forward = port === undefined ? "" : `,hostfwd=tcp:127.0.0.1:${port}-:${port}`;
  return [
    ...["-netdev", `user,id=net0${forward}`],
    ...["-device", `virtio-net-pci,id=${link},netdev=net0,romfile=`],
    ...["-object", `filter-buffer,id=${buffer},netdev=net0,status=off,interval=${slowInterval}`],
    ...["-object", `filter-dump,id=${capture},netdev=net0,status=off,file=${captureFile}`],
  ];
}

/** For `Cue`: records the packets of the guest from now on. */
export const startCapture = turnOn(capture);

/** For `Cue`: makes the network slow from now on. */
export const slowLink = turnOn(buffer);

function turnOn(filter: string): Cue["command"] {
  return {
    execute: "qom-set",
    arguments: { path: `/objects/${filter}`, property: "status", value: "on" },
  };
}

/** For `Cue`: pulls the cable of the network card. */
export const cutLink: Cue["command"] = {
  execute: "set_link",
  arguments: { name: link, up: false },
};

function formatBoot(spec: MachineSpec): readonly string[] {
  if (spec.firmware !== undefined) return formatFirmware(spec.firmware);
  const kernel = ["-kernel", spec.kernel, "-initrd", spec.initrd, "-append", spec.commandLine];
  return spec.stub === undefined ? kernel : [...formatFirmware(spec.stub), ...kernel];
}

function formatFirmware({ code, variables }: Firmware): readonly string[] {
  return [
    ...["-machine", "smm=on", "-global", "ICH9-LPC.disable_s3=1"],
    ...["-global", "driver=cfi.pflash01,property=secure,value=on"],
    ...["-drive", `if=pflash,format=raw,unit=0,readonly=on,file=${code}`],
    ...["-drive", `if=pflash,format=raw,unit=1,file=${variables}`],
  ];
}

function formatTpm(socket: string): readonly string[] {
  return [
    ...["-chardev", `socket,id=tpm,path=${socket}`],
    ...["-tpmdev", "emulator,id=tpm0,chardev=tpm", "-device", "tpm-tis,tpmdev=tpm0"],
  ];
}

/** A BMC with an event log in the memory of QEMU, which survives resets, not the process. */
function formatBmc(): readonly string[] {
  return ["-device", "ipmi-bmc-sim,id=bmc0", "-device", "isa-ipmi-kcs,bmc=bmc0"];
}

/** For `Cue`: from now on, a reset does not end the run: the machine boots again. */
export const surviveResets: Cue["command"] = {
  execute: "set-action",
  arguments: { reboot: "reset" },
};

function formatShare(share: Share): readonly string[] {
  if (share.kind === "9p") {
    return ["-virtfs", `local,path=${share.folder},mount_tag=root,security_model=passthrough`];
  }
  return [
    ...["-chardev", `socket,id=share,path=${share.socket}`],
    ...["-device", "vhost-user-fs-pci,chardev=share,tag=root"],
  ];
}

function formatAccel(accel: Accel, { processor }: Platform): readonly string[] {
  if (accel === "kvm") return ["-accel", "kvm", "-cpu", "host"];
  return ["-accel", "tcg,thread=multi,tb-size=512", "-cpu", processor];
}

function formatRam(file: string | undefined): readonly string[] {
  if (file === undefined) return [];
  return ["-object", `memory-backend-file,id=ram,size=${memoryMiB}M,share=on,mem-path=${file}`];
}

function formatDisk(disk: Disk, index: number): readonly string[] {
  if (disk.mayFail === true) return formatMayFail(disk, index + 1);
  if (disk.writeLog !== undefined) return formatLogged(disk, disk.writeLog);
  const id = `disk${index}`;
  // "unsafe" skips fsync on the host. The trace shows what the guest flushed, and it is not the
  // host that loses power.
  const mode = disk.readOnly ? "readonly=on" : "cache=unsafe,discard=unmap";
  const drive = `id=${id},if=none,format=raw,${mode},file=${disk.file}`;
  if (disk.twoPaths === true) return ["-drive", drive, ...formatTwoPaths(disk, id)];
  const device = disk.bus === "nvme" ? "nvme" : "virtio-blk-pci";
  return ["-drive", drive, "-device", `${device},drive=${id},serial=${disk.serial}`];
}

/** Flushes reach only the log, since the power of the host is not cut. */
function formatLogged({ file, serial }: Disk, log: string): readonly string[] {
  const open = (name: string, path: string): readonly string[] => [
    "-blockdev",
    `driver=file,node-name=${name},filename=${path},cache.no-flush=on`,
  ];
  return [
    ...open(`${serial}-file`, file),
    ...open(`${serial}-log`, log),
    ...[
      "-blockdev",
      `driver=blklogwrites,node-name=${serial},file=${serial}-file,log=${serial}-log`,
    ],
    ...[
      "-device",
      `virtio-blk-pci,drive=${serial},serial=${serial},write-cache=on,discard=off,write-zeroes=off`,
    ],
  ];
}

/** With a second node for its file, on which every write and flush fails with an I/O error. */
function formatMayFail({ file, serial }: Disk, slot: number): readonly string[] {
  // A device can be removed only if it has a port of its own.
  const port = `${serial}-port`;
  const rules = ["write", "write-zeroes", "flush"].map(
    (iotype, rule) =>
      `inject-error.${rule}.event=none,inject-error.${rule}.iotype=${iotype},inject-error.${rule}.errno=5`,
  );
  return [
    ...["-blockdev", `driver=file,node-name=${serial}-file,filename=${file}`],
    ...[
      "-blockdev",
      `driver=blkdebug,node-name=${serial}-bad,image=${serial}-file,${rules.join(",")}`,
    ],
    ...["-blockdev", `driver=raw,node-name=${serial},file=${serial}-file`],
    ...["-device", `pcie-root-port,id=${port},chassis=${slot},slot=${slot}`],
    ...["-device", `virtio-blk-pci,id=${serial},drive=${serial},serial=${serial},bus=${port}`],
  ];
}

/** For `Cue`: makes every write to the disk fail with an I/O error from now on. */
export function failWrites(serial: string): Cue["command"] {
  const options = [{ driver: "raw", "node-name": serial, file: `${serial}-bad` }];
  return { execute: "blockdev-reopen", arguments: { options } };
}

/** For `Cue`: removes the disk. */
export function pullDisk(serial: string): Cue["command"] {
  return { execute: "device_del", arguments: { id: serial } };
}

function formatTwoPaths({ serial }: Disk, drive: string): readonly string[] {
  const controller = `nvme,subsys=${drive}-subsystem,serial=${serial}`;
  return [
    ...["-device", `nvme-subsys,id=${drive}-subsystem`],
    ...[
      "-device",
      `${controller},id=${drive}-first`,
      "-device",
      `${controller},id=${drive}-second`,
    ],
    ...["-device", `nvme-ns,drive=${drive},bus=${drive}-first,shared=on`],
  ];
}
