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
*debug*: *warning* prints only problems, *info* prints each step. The default is
the level that *systemd* passes.
`,
  zfs: `
What happens to a ZFS pool when nothing uses it any more. *export*, the default,
marks it as exported, so that any machine can import it. *release* writes
everything and drops the pool without that mark; this is faster with many disks,
but only this machine can import the pool without force. *leave* leaves the pool,
and everything beneath it, as it is. ZFS 0.7 to 2.4 is supported; pools of other
versions are left imported.
`,
  sysRq: `
Whether sysrq-b may reset the machine if *reboot*(2) has failed twice; a boolean,
*no* by default.
`,
  wipe: `
Whether free memory is erased before the machine ends, with the keys, passphrases
and files that programs have left in it, and the saved registers of exited
processes; a boolean, *no* by default. The more memory is free, the longer it
takes, but never longer than the deadline. Memory still used by the kernel, a few
MiB that it holds back, and memory owned by the firmware are not erased. With
*init_on_free=1* the kernel erases memory whenever it is freed, which slows down
the running machine instead.
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
  verify: `
What *exitrd load* demands of an image's signature. *require* loads only images
with a valid signature. *prefer* also loads unsigned images and those signed by
somebody who is not trusted here, and reports that; an invalid signature is
refused. *off* ignores signatures. The default is *require* if _trusted.d_ (see
*exitrd*(8)) has a certificate, even one that cannot be read, or if Secure Boot is
on, and *prefer* otherwise. Certificates of the firmware do not change the default.
While Secure Boot is on, *require* applies regardless of this setting; only
*exitrd.verify=* on the kernel command line can lower it. An invalid value is read
as *require*.
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
