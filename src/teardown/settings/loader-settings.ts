import type { SettingTable } from "./setting.ts";
import { chooseFrom, pcr } from "./value-forms.ts";

/** Which images 'exitrd load' accepts, and how they are measured. */
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
