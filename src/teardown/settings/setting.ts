import type { Settings } from "./values.ts";

export type SettingName = keyof Settings;

export type SettingValue<K extends SettingName> = NonNullable<Settings[K]>;

/** How values of one type are written in a configuration. */
export interface ValueForm<V> {
  /**
   * Undefined for an invalid value; never called with an empty one, which resets.
   * `before` is the previous value, for keys whose assignments accumulate.
   */
  readonly read: (text: string, before: V | undefined) => V | undefined;
  /** One spelling of `value`, which `read` accepts. */
  readonly format: (value: V) => string;
  /** Explains an invalid value if `wanted` alone would not help to find the mistake. */
  readonly explain?: (text: string) => string | undefined;
  /** The valid values, for the message about an invalid one: "yes or no". */
  readonly wanted: string;
}

/** One key of exitrd.conf(5), except for its text, which is in `MANUAL`. */
export interface Setting<K extends SettingName> extends ValueForm<SettingValue<K>> {
  /** "Verify" */
  readonly key: string;
  /** The key of the kernel command line that sets the same: "exitrd.verify". */
  readonly parameter?: string;
  /**
   * Used instead of an invalid value if a typo must not lower the machine's security. Otherwise
   * invalid values are ignored.
   */
  readonly strictest?: SettingValue<K>;
}

export type SettingTable = { readonly [K in SettingName]: Setting<K> };
