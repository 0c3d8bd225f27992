import { listStepLimits } from "./list-step-limits.ts";
import type { SettingName } from "./setting.ts";

/**
 * The texts of exitrd.conf(5), one for each key, in scdoc's markup. They are not part of
 * `SETTINGS`, because both programs contain that and would carry 4 KiB of prose into RAM:
 * only tools/render-manual.ts and tests may import this file.
 */
export const MANUAL: { readonly [K in SettingName]: string } = {
  timeoutMs: `
The deadline for everything, from the pivot to *reboot*(2). The default is the
one that *systemd* passes (_DefaultTimeoutStopSec=_, 90 s). Releasing gets four
fifths of it, or all but 15 s if that is more; the rest is for saving what is
left.
`,
  stepLimits: `
The limit of a step of each kind, as a list of _KIND_:_SPAN_:

	StepTimeout=umount:60s dm-remove:20s

The kinds and their default limits are:

${listStepLimits()}

Several assignments are combined. A step that exceeds its limit is abandoned,
along with everything beneath it. By default, *dm-remove* has 60 s if a cache has
to be written back. The limits for unmounting network and FUSE file systems
(20 s) and for lazy unmounts (10 s) can only be lowered, and bcache writes back
for at most 40 s. An unmount, a swapoff, an export and the removal of a cache may
exceed their limits as long as data is being read or written below them. The
overall deadline always takes precedence.
`,
  hookTimeoutMs: `
The limit of one hook at one stage; 10 s by default.
`,
  logLevel: `
What is printed on the console, as a number from 0 to 7 or a name from *emerg* to
*debug*: *warning* prints only problems, *info* prints each step, and for one that
takes longer than a second, its progress and what it waits for; *debug* also prints
what the plan leaves, and why. The default is the level that *systemd* passes. If the
kernel's console is *quiet*, it shows only problems and the result; the kernel log
has everything.
`,
  zfs: `
What happens to a ZFS pool when nothing uses it any more. *export*, the default,
marks it as exported, so that any machine can import it. *release* writes
everything and drops the pool without that mark; this is faster with many disks,
but only this machine can import the pool without force. *leave* leaves the pool,
and everything beneath it, as it is: the shutdown is *clean* nevertheless, and *exitrd
report* names the pool. ZFS 0.7 to 2.4 is supported; pools of other
versions are left imported.
`,
  sysRq: `
Whether sysrq-b may reset the machine if *reboot*(2) has failed twice; a boolean,
*no* by default.
`,
  wipe: `
Whether free memory is erased before the machine ends, with the keys, passphrases
and files that programs have left in it, and the saved registers of exited
processes; a boolean, *no* by default. An invalid value is read as *yes*. The more
memory is free, the longer it takes, but never longer than the deadline: up to 2.5 s
per GiB in a virtual machine. The pools of huge pages are erased, too. Memory still used
by the kernel, a few MiB that it holds back, and memory owned by the firmware are not. With *init_on_free=1*
the kernel erases memory whenever it is freed, which slows down the running machine
instead. If a dm-crypt device is active and neither is set, *exitrd status* warns.
`,
  watchdog: `
The hardware watchdog, which is pinged until the deadline. The default is the
watchdog that *systemd* has armed; it arms none for power-off and halt. A time span
arms it for every verb, up to the maximum of the hardware. *off* disarms it if its
driver allows that.
`,
  haltWatchdog: `
What happens to an armed watchdog when the machine is halted. *disarm*, the
default, keeps the machine halted; *keep* lets the watchdog reset it, unless the
kernel's driver stops the watchdog at a halt, as the driver of the i6300esb does.
`,
  record: `
Where the record of a shutdown may be kept for *exitrd report*, in a list of
words, separated by blanks (by commas on the kernel command line). The first of
these that the machine has is used:

*partition*
	A GPT partition of the type 2c7e1d9a-5b0f-4f6e-9a37-6d1be0c4a852.

*esp*
	A file on the EFI system partition, mounted at _/efi_ or _/boot/efi_.

*boot*
	A file in _/boot_.

*root*
	A file in _/var/lib/exitrd_.

*pstore*
	The end of the kernel log, which the kernel dumps into ERST or ramoops; only if
	none of the places above took the record.

*efivar*
	One variable of the firmware; only if none of the places took the record and the
	shutdown was not clean.

*auto*, the default, stands for all of these. *off* keeps no record.

*ipmi* may be added, as in _Record=auto ipmi_: whether the record is kept or not,
one entry goes into the system event log of the BMC. It needs _/dev/ipmi0_, so
*modules-load.d*(5) may have to load _ipmi_si_ and _ipmi_devintf_. See *THE
RECORD* in *exitrd*(8).
`,
  enter: `
When *systemd* hands over. With *pivot*, the default, *systemd-shutdown* first
kills the processes, unmounts what it can, for as long as that takes, runs
_/usr/lib/systemd/system-shutdown/_, and then pivots. With *early*,
*exitrd-early.service* mounts exitrd over *systemd-shutdown* after all other
units. All of this is then done from RAM, in dependency order and within
*Timeout=*: a device that hangs costs only itself. Before the pivot, everything is synced,
and processes that *systemd* leaves running are asked to end, for 5 s at most. The scripts of
_system-shutdown/_ run after all other processes were killed, for at most
*HookTimeout=* each, while everything is still mounted. If the tree in RAM is gone, the real
*systemd-shutdown* is executed. *systemctl --force* starts no units, and so does
not enter early.
`,
  verify: `
What *exitrd load* requires of an image's signature. *require* loads only images
with a valid signature. *prefer* also loads unsigned images and those signed by
somebody who is not trusted here, and reports that; it refuses an invalid
signature. *off* ignores signatures. The default is *require* if _trusted.d_ (see
*exitrd*(8)) has a certificate, even one that cannot be read, and *prefer* otherwise.
Certificates of the firmware do not change the default.

While Secure Boot is on, *require* applies regardless of this setting, with one
exception: if the setting is absent, _trusted.d_ has no certificate, and all images are
on the same file system as _/usr/bin/exitrd_, which is not an initrd, the default is
*prefer*, because a user who can change the image there can also replace the program.
Set *require* if the kernel verifies each program (IMA, IPE), since it does not verify
images. Only *exitrd.verify=* on the kernel command line can lower what Secure Boot
demands. An invalid value is read as *require*.
`,
  measure: `
What *exitrd load* does if the image cannot be measured into a TPM 2.0: see
*MEASUREMENT* in *exitrd*(8). *prefer*, the default, loads it anyway; *require*
loads nothing; *off* does not measure. An invalid value is read as *require*.
`,
  seal: `
With *verity*, *exitrd load* accepts only a sealed image, by default
_/var/lib/exitrd/exitrd.raw_ or _/usr/lib/exitrd/exitrd.raw_, and reads it through
dm-verity: see *SEALED IMAGES* in *exitrd*(8). *no*, the default, accepts any image. An invalid value is read as
*verity*.
`,
  imagePcr: `
The PCR that an image is measured into, from 8 to 15: lower ones belong to the
firmware, and some of the higher ones can be reset. The default is 12, which
*systemd-stub*(7) uses for the configuration of a kernel.
`,
  extensionPcr: `
The PCR that a system extension of the image is measured into, from 8 to 15. The
default is 13, which *systemd-stub*(7) uses for system extensions.
`,
};
