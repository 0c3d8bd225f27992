import { stringifySnapshot } from "../teardown/snapshot/snapshot-text.ts";
import { toBytes } from "../text/bytes.ts";
import { type Command, unobservable } from "./command.ts";
import { sayUnprivileged } from "./say-unprivileged.ts";

export const snapshotCommand: Command<"observe" | "reader" | "replaceOutput" | "print" | "say"> = {
  name: "snapshot",
  summary: "Print the state of this machine's storage, as JSON for a bug report.",
  options: [
    {
      name: "--output",
      value: "FILE",
      help: "Write FILE instead of standard output, which is also -.",
    },
  ],
  run: (args, host) => {
    const snapshot = host.observe();
    if (snapshot === undefined) {
      host.say(unobservable);
      return 1;
    }
    sayUnprivileged(host);
    const text = stringifySnapshot(snapshot);
    const output = args.values.get("--output");
    if (output === undefined) host.print(text);
    else host.replaceOutput(output, toBytes(text));
    return 0;
  },
};
