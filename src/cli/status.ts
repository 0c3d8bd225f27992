import { type ChosenImage, chooseImage } from "../load/choose-image.ts";
import { judgeNext, judgeNow } from "../load/judge-boot.ts";
import { describeLoadFailure } from "../load/load-failure.ts";
import { readBoot } from "../load/read-boot.ts";
import { readConfig } from "../load/read-config.ts";
import { readImage } from "../load/read-image.ts";
import { readStatus } from "../load/read-status.ts";
import { readCommandLine, readVerification, type Verification } from "../load/read-verification.ts";
import { type Command, defaultTarget, type Host } from "./command.ts";
import { type Answer, answer, fail, misuse } from "./envelope/answer.ts";
import { findTarget } from "./find-target.ts";
import { listStatusFacts } from "./status/list-facts.ts";
import { renderStatus } from "./status/render-status.ts";

/** The parts of the host that this command uses. */
type Given = "files" | "reader" | "codec" | "arithmetic" | "machine" | "tpm" | "now" | "say";

export const statusCommand: Command<Given> = {
  name: "status",
  verb: "print the status",
  summary: "Report whether shutdown goes through exitrd, now and after a reboot.",
  options: [
    {
      name: "--image",
      value: "FILE",
      help: "Check FILE instead of the image that 'exitrd load' would load.",
    },
    { name: "--target", value: "DIR", help: `Use DIR instead of ${defaultTarget}.` },
    {
      name: "--print-image",
      help: "Print only the path of the image that 'exitrd load' would load, for an initrd.",
    },
  ],
  examples: [
    { line: "exitrd status", words: "Is this machine all right? If not, what is to be done?" },
    {
      line: "exitrd status --json | jq -r '.result.nextBoot.reasons[].message'",
      words: "Why will a reboot break it?",
    },
  ],
  run: (args, host) => {
    if (args.flags.has("--json") && args.flags.has("--print-image")) {
      return misuse(
        "cannot print the status: --json and --print-image exclude each other: give one of them",
      );
    }
    const config = readConfig(host.files);
    const commandLine = readCommandLine(host.files);
    const verification = readVerification(config.settings, commandLine, host.files, host.now());
    const given = args.values.get("--image");
    const chosen: ChosenImage =
      given === undefined
        ? chooseImage(config.settings.seal, verification, host)
        : { path: given, passedOver: undefined };
    if (args.flags.has("--print-image")) return printImage(chosen, verification, host);
    const target = findTarget(args, host.files);
    const status = readStatus(chosen.path, target, verification, host);
    const boot = readBoot(commandLine, host.reader.kernelRelease(), host.now(), host);
    const [now, next] = [judgeNow(status, target, boot), judgeNext(status, boot)];
    const seen = { status, boot, chosen, target, now, next, config, commandLine, verification };
    const facts = listStatusFacts(seen, host.files);
    const exit = now.ok ? (next.ok ? 0 : 3) : 1;
    return answer(facts, () => renderStatus(seen, facts), exit);
  },
};

/**
 * Also prints an image that this machine would refuse now: its signer may be trusted at the next
 * boot, and the loader verifies it again there. A damaged image is an error.
 */
function printImage(
  { path }: ChosenImage,
  verification: Verification,
  host: Pick<Host, Given>,
): Answer {
  const read = readImage(path, verification, host);
  if (!read.ok && read.problem.kind !== "unverified") {
    return fail(read.problem.kind, describeLoadFailure(read.problem));
  }
  if (!read.ok) host.say(`exitrd: ${describeLoadFailure(read.problem)}`);
  return answer({ path }, () => `${path}\n`);
}
