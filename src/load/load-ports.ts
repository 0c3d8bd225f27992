import type { Arithmetic } from "../image/sign/arithmetic.ts";
import type { Codec } from "../port/codec.ts";
import type { EventLog } from "../port/event-log.ts";
import type { ExtensionTrees } from "../port/extension-trees.ts";
import type { FileReader, FileWriter } from "../port/files.ts";
import type { RamTrees } from "../port/ram-trees.ts";
import type { Tpm } from "../port/tpm.ts";

/** Everything that loading needs from the machine. */
export interface LoadPorts {
  readonly files: FileReader & Pick<FileWriter, "replaceFile" | "removeFile">;
  readonly trees: RamTrees;
  readonly codec: Codec;
  readonly arithmetic: Arithmetic;
  readonly extensionTrees: ExtensionTrees;
  readonly tpm: Tpm;
  readonly eventLog: EventLog;
  /** The machine field of uname(2). */
  readonly machine: string;
}
