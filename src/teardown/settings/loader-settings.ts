import type { SettingTable } from "./setting.ts";
import { chooseFrom, pcr } from "./value-forms.ts";

/** Which image 'exitrd load' takes, and how it is measured. */
export const loaderSettings = {
  verify: {
    key: "Verify",
    ...chooseFrom("require", "prefer", "off"),
    parameter: "exitrd.verify",
    strictest: "require",
    byDefault: "*require* where a certificate is trusted or Secure Boot is on, else *prefer*",
    manual: `
What *exitrd load* demands of an image's signature. *require* loads nothing without
a good one. *prefer* also loads an image without a signature, or with that of a
signer who is not trusted here (_trusted.d_ in *exitrd*(8)), and says so; a bad
signature is refused. *off* looks at none. While Secure Boot is on, this key can
only say *require*; only *exitrd.verify=* on the kernel command line can lower that.
`,
  },
  measure: {
    key: "Measure",
    ...chooseFrom("require", "prefer", "off"),
    strictest: "require",
    byDefault: "*prefer*",
    manual: `
What *exitrd load* does where the image cannot be measured into a TPM 2.0: see
*MEASUREMENT* in *exitrd*(8). *require* loads nothing; *prefer* loads it all the
same; *off* does not measure.
`,
  },
  seal: {
    key: "Seal",
    ...chooseFrom("no", "verity"),
    strictest: "verity",
    byDefault: "*no*",
    manual: `
Whether *exitrd load* takes any image (*no*), or only a sealed one (*verity*), by
default _/usr/lib/exitrd/exitrd.raw_, which is then read through dm-verity: see
*SEALED IMAGES* in *exitrd*(8).
`,
  },
  imagePcr: {
    key: "ImagePCR",
    ...pcr,
    byDefault: "12, which *systemd-stub*(7) uses for what configures a kernel",
    manual: `
The PCR that an image is measured into, from 8 to 15: those below are the
firmware's, and some above can be reset.
`,
  },
  extensionPcr: {
    key: "ExtensionPCR",
    ...pcr,
    byDefault: "13, which *systemd-stub*(7) uses for system extensions",
    manual: `
The PCR that a system extension of the image is measured into, from 8 to 15.
`,
  },
} satisfies Partial<SettingTable>;
