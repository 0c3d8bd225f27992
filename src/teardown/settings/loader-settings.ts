import type { SettingTable } from "./setting.ts";
import { chooseFrom, pcr } from "./value-forms.ts";

/** When exitrd is entered, which images 'exitrd load' accepts, and whether they are measured. */
export const loaderSettings = {
  enter: {
    key: "Enter",
    ...chooseFrom("pivot", "early"),
    parameter: "exitrd.enter",
  },
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
