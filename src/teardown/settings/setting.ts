import type { Settings } from "./values.ts";

export type SettingName = keyof Settings;

export type SettingValue<K extends SettingName> = NonNullable<Settings[K]>;

/** How values of one type are written in a configuration. */
export interface ValueForm<V> {
  /**
   * Undefined for a wrong value; never called with an empty one, which resets.
   * `before` is the value so far, for keys whose assignments add up.
   */
  readonly read: (text: string, before: V | undefined) => V | undefined;
  /** One spelling of `value`, which `read` takes. */
  readonly format: (value: V) => string;
  /** What the key takes, for the message about a wrong value: "yes or no". */
  readonly wanted: string;
}

/** All that the programs know of one key of exitrd.conf(5); `MANUAL` has its text there. */
export interface Setting<K extends SettingName> extends ValueForm<SettingValue<K>> {
  /** "Verify" */
  readonly key: string;
  /** The key of the kernel command line that sets the same: "exitrd.verify". */
  readonly parameter?: string;
  /**
   * Used instead of a wrong value, where a typing error must not lower the
   * machine's security. Without it a wrong value is ignored.
   */
  readonly strictest?: SettingValue<K>;
}

export type SettingTable = { readonly [K in SettingName]: Setting<K> };
