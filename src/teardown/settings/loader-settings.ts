import type { SettingTable } from "./setting.ts";
import { chooseFrom, pcr } from "./value-forms.ts";

/** Which image 'exitrd load' takes, and how it is measured. */
export const loaderSettings = {
  verify: {
    key: "Verify",
    ...chooseFrom("require", "prefer", "off"),
    parameter: "exitrd.verify",
    strictest: "require",
  },
  measure: {
    key: "Measure",
    ...chooseFrom("require", "prefer", "off"),
    strictest: "require",
  },
  seal: {
    key: "Seal",
    ...chooseFrom("no", "verity"),
    strictest: "verity",
  },
  imagePcr: {
    key: "ImagePCR",
    ...pcr,
  },
  extensionPcr: {
    key: "ExtensionPCR",
    ...pcr,
  },
} satisfies Partial<SettingTable>;
