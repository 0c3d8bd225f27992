import type { Expectations } from "../case.ts";
import { checkConsole, checkEnding, checkFileSystems, checkOutput } from "../check-case.ts";
import { refusal, type UkiFinding, type UkiState } from "./run-uki.ts";

const expectations: Readonly<Record<UkiState, Expectations>> = {
  signed: {
    ending: "poweroff",
    fileSystems: "clean",
    console: [
      /EFI stub: UEFI Secure Boot is enabled/,
      /Kernel is locked down from EFI Secure Boot/,
      /exitrd: loaded '\/usr\/lib\/exitrd\/exitrd\.img'/,
      /systemd\[1\]: /,
      /umount '\/oldroot'/,
      /layers? released in .*, nothing left; poweroff/,
    ],
    consoleNever: [/Kernel panic/, /the image was/, /it was loaded/],
    output: [/^ +6 +0 +0 +0 +1$/, /\[integrity\]/, /^loaded: .* intact, the same as the image$/],
  },
  tampered: {
    ending: "cut",
    console: [new RegExp(refusal)],
    // Not one line of its own, let alone of exitrd's.
    consoleNever: [/Linux version/, /exitrd:/],
  },
};

/** One sentence for each difference from what is expected. */
export function judgeUki(state: UkiState, finding: UkiFinding): readonly string[] {
  const expect = expectations[state];
  return [
    ...checkEnding(expect, finding),
    ...checkFileSystems(expect.fileSystems, finding.fileSystems),
    ...checkConsole(expect, finding),
    ...checkOutput(expect, finding),
  ];
}
