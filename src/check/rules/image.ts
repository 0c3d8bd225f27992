import type { ImageFacts } from "../facts.ts";
import type { Finding } from "../finding.ts";

/** Checks that shutdown goes through exitrd, and through the right image and configuration. */
export function checkImage(image: ImageFacts): readonly Finding[] {
  const { now, next, initrd, refusal, passedOver, breakAt, isConfigured } = image;
  return [
    ...(image.isNoexec
      ? []
      : now.map(({ kind, message }): Finding => {
          return { kind: "not-loaded", cause: kind, reason: message };
        })),
    // A reason that also applies now is reported only once.
    ...next
      .filter(({ message }) => !now.some((one) => one.message === message))
      .map(({ kind, message }): Finding => {
        return { kind: "not-after-reboot", cause: kind, reason: message };
      }),
    ...(image.differs ? [{ kind: "image-differs", image: image.path } as const] : []),
    ...(refusal === undefined
      ? []
      : [{ kind: "image-refused", image: image.path, problem: refusal } as const]),
    ...(image.configChanged ? [{ kind: "config-changed" } as const] : []),
    ...(passedOver === undefined
      ? []
      : [
          { kind: "image-passed-over", image: passedOver.path, reason: passedOver.reason } as const,
        ]),
    ...image.notes.map(
      (line): Finding => ({
        kind: line.endsWith(", ignoring") ? "config-line" : "config-strict",
        line,
      }),
    ),
    ...image.parameterNotes.map((line): Finding => ({ kind: "parameter", line })),
    ...image.updates.map(
      ({ origin: { file }, state }): Finding => ({ kind: "stale-tool", file, state, isConfigured }),
    ),
    ...(initrd === undefined
      ? []
      : initrd.stale.map((file): Finding => {
          return { kind: "stale-initrd", initrd: initrd.path, file, updater: initrd.updater };
        })),
    ...image.refusedExtensions.map(
      ({ path, reason }): Finding => ({ kind: "extension-refused", path, reason }),
    ),
    ...(breakAt === undefined ? [] : [{ kind: "debug-shell", stage: breakAt } as const]),
  ];
}
