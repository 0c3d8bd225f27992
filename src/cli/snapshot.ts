import { stringifySnapshot } from "../teardown/snapshot/snapshot-text.ts";
import { toBytes } from "../text/bytes.ts";
import type { Command } from "./command.ts";

export const snapshotCommand: Command = {
  name: "snapshot",
  summary: "Print what was observed of this machine's storage, as JSON for a bug report.",
  options: [{ name: "--output", value: "FILE", help: "Write FILE instead of standard output." }],
  run: (args, host) => {
    const text = stringifySnapshot(host.observe());
    const output = args.values.get("--output");
    if (output === undefined) host.print(text);
    else host.files.replaceFile(output, toBytes(text), 0o644);
    return 0;
  },
};
