import type { Arithmetic } from "../image/sign/arithmetic.ts";
import type {
  Codec,
  EventLog,
  ExtensionTrees,
  FileReader,
  FileWriter,
  RamTrees,
  Tpm,
} from "../port/loader.ts";

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
