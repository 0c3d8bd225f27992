import type { Expectations } from "../case.ts";
import { checkConsole, checkEnding, checkFileSystems, checkOutput } from "../check-case.ts";
import { refusal, type UkiFinding, type UkiState } from "./run-uki.ts";

const secure = [/^ +6 +0 +0 +0 +1$/, /\[integrity\]/, /\.platform: 2$/];

const expectations: Readonly<Record<UkiState, Expectations>> = {
  signed: {
    ending: "poweroff",
    fileSystems: "clean",
    console: [
      /EFI stub: UEFI Secure Boot is enabled/,
      /Kernel is locked down from EFI Secure Boot/,
      /exitrd: loaded '\/usr\/lib\/exitrd\/exitrd\.img' .*, signed by 'exitrd test db'/,
      /systemd\[1\]: /,
      /umount '\/oldroot'/,
      /layers? released in .*, nothing left; poweroff/,
    ],
    consoleNever: [/Kernel panic/, /exitrd: cannot verify/],
    output: [
      ...secure,
      /^\/usr\/lib\/exitrd\/exitrd\.img: signed by 'exitrd test db' .*, trusted through 'exitrd test db', verified by the kernel$/,
      /^loaded: .* intact, same as the image$/,
      /^signed: +signed by 'exitrd test db'/,
    ],
  },
  // The initrd loads nothing; the service loads the image from the disk that it is on itself. A
  // file cannot lower what Secure Boot requires.
  unsigned: {
    ending: "poweroff",
    fileSystems: "clean",
    console: [
      /EFI stub: UEFI Secure Boot is enabled/,
      /exitrd: cannot load '\/usr\/lib\/exitrd\/exitrd\.img': it is not signed/,
      /systemd\[1\]: /,
      /layers? released in .*, nothing left; poweroff/,
    ],
    consoleNever: [/Kernel panic/],
    output: [
      ...secure,
      /it is not signed/,
      /^verify: 1$/,
      /cannot lower Verify= while Secure Boot is on/,
      /^exitrd: cannot load .*: it is not signed/,
      /^load: 1$/,
      /^shutdown: through exitrd, now and after a reboot$/,
      /^signed: +not signed \(Verify=prefer\)$/,
    ],
  },
  revoked: {
    ending: "poweroff",
    fileSystems: "clean",
    console: [/Kernel is locked down from EFI Secure Boot/, /systemd\[1\]: /],
    consoleNever: [/Kernel panic/],
    output: [
      ...secure,
      /exitrd\.img: signed by 'exitrd test below' .*, trusted through 'exitrd test ca', verified by the kernel$/,
      /exitrd\.img: signed by 'exitrd test vendor' .*, verified by the kernel$/,
      /^exitrd: '.*' is already loaded/,
      ...secure,
      /^exitrd: cannot verify .*: the certificate of 'exitrd test ca' is revoked/,
      /^verify below: 1$/,
      /^exitrd: cannot verify .*: the certificate of 'exitrd test vendor' is revoked/,
      /^verify: 1$/,
      /^exitrd: cannot load .*: the certificate of 'exitrd test vendor' is revoked/,
      /^load: 1$/,
    ],
  },
  sealed: {
    ending: "poweroff",
    fileSystems: "clean",
    console: [
      /Kernel is locked down from EFI Secure Boot/,
      /exitrd: loaded '\/usr\/lib\/exitrd\/exitrd\.raw' into '\/run\/initramfs' \(erofs under dm-verity, root hash also verified by the kernel, .*, signed by 'exitrd test db'/,
      /systemd\[1\]: /,
      // The control: the programs of the root are not verified.
      /ipe_op=EXECUTE .* path="\/usr\/lib\/systemd\/systemd-shutdown" .*action=DENY/,
      /ipe_op=EXECUTE .* path="\/shutdown" .*rule="op=EXECUTE dmverity_signature=TRUE action=ALLOW"/,
      /umount '\/oldroot'/,
      /layers? released in .*, nothing left; poweroff/,
    ],
    consoleNever: [/Kernel panic/, /Root hash verification failed/, /exitrd: .*(changed|left:)/],
    output: [
      ...secure,
      /^loaded: .* intact, same as the image$/,
      /^signed: +signed by 'exitrd test db'/,
      /^memory: +erofs under dm-verity/,
      /verity .* root_hash_sig_key_desc exitrd:[0-9a-f]{64}/,
      /^policy: exitrd, enforced: 0$/,
    ],
  },
  tampered: {
    ending: "cut",
    console: [new RegExp(refusal)],
    // It prints no line, and neither does exitrd.
    consoleNever: [/Linux version/, /exitrd:/],
  },
};

/** Returns one sentence for each difference from the expectations. */
export function judgeUki(state: UkiState, finding: UkiFinding): readonly string[] {
  const expect = expectations[state];
  return [
    ...checkEnding(expect, finding),
    ...checkFileSystems(expect.fileSystems, finding.fileSystems),
    ...checkConsole(expect, finding),
    ...checkOutput(expect, finding),
  ];
}
