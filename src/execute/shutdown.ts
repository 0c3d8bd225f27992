import type { Digests, FileReader } from "../port/loader.ts";
import type { FirmwareVariables, ManagementController, RawDevices } from "../port/record.ts";
import type { HiddenMounts, Memory, Power } from "../port/teardown.ts";
import type { ShutdownRecord } from "../teardown/record/record.ts";
import type { Settings } from "../teardown/settings/values.ts";
import type { Stage } from "../teardown/stage.ts";
import type { Verb } from "../teardown/verb.ts";
import type { Limits } from "./deadline/limits.ts";
import type { Ports } from "./ports.ts";
import type { ShellPorts } from "./programs/debug-shell.ts";

/** What was requested, and how much time there is. */
export interface Shutdown {
  readonly verb: Verb;
  readonly settings: Settings;
  readonly limits: Limits;
  /** The stage at which a debug shell was requested. */
  readonly breakAt: Stage | undefined;
  /** The exit status for the manager of a container or virtual machine. */
  readonly exitCode?: number | undefined;
  readonly notifySocket?: string | undefined;
  readonly isDebugging: boolean;
  readonly minimumUptimeMs?: number | undefined;
  /** Init has started us instead of systemd-shutdown(8): we also do its work before the pivot. */
  readonly isEarly?: boolean;
}

/** The ports of a shutdown. */
export interface ShutdownPorts extends Omit<Ports, "clock" | "reader">, Omit<ShellPorts, "reader"> {
  readonly reader: Ports["reader"];
  readonly files: FileReader;
  readonly digests: Pick<Digests, "sha256">;
  readonly rawDevices: RawDevices;
  readonly variables: FirmwareVariables;
  readonly managementController: ManagementController;
  readonly memory: Memory;
  readonly hidden: HiddenMounts;
  readonly power: Power;
  /** sd_notify(3). Only a child may call it. */
  notify(socket: string, state: string): void;
  /** False if the driver refuses. */
  disarmWatchdog(): boolean;
  /** For the record. */
  describeRun(): Pick<ShutdownRecord, "version" | "kernel" | "madeAt">;
  /** The argument of `systemctl reboot --reboot-argument`. */
  readRebootParameter(): string | undefined;
}
