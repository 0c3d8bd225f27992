import { clip } from "../../text/columns.ts";

/**
 * 0 success, 1 failure, 2 usage error. Some commands that return a verdict use these differently: see
 * EXIT STATUS in exitrd(8).
 */
export type ExitCode = 0 | 1 | 2 | 3;

/** What a command returns. Only `run` prints it, as text or, with --json, in the envelope. */
export type Answer =
  | {
      readonly kind: "result";
      readonly exit: ExitCode;
      /** The same data as `text`, as values. Byte strings are not decoded yet. */
      readonly result: object;
      /**
       * Called only without --json. Returns "" if the command has said everything on standard
       * error.
       */
      readonly text: () => string;
      /** How the text is printed, if not escaped and without a pager. */
      readonly form?: TextForm;
      /** The envelope does not contain the host name. */
      readonly isAnonymous?: boolean;
    }
  | { readonly kind: "error"; readonly exit: ExitCode; readonly error: CommandError };

export interface TextForm {
  /**
   * Names are already escaped; control characters that remain are intended, or part of a document.
   */
  readonly isEscaped: true;
  /** The argv of the pager that shows it; absent if none does. */
  readonly pager?: readonly string[];
}

export interface CommandError {
  /** A word for programs, such as "bad-image": lower-case letters, digits and hyphens. */
  readonly kind: string;
  /** For people: "cannot VERB 'OBJECT': REASON: ACTION", without the program's name. */
  readonly message: string;
  /** The symbolic name of the error that the system call returned, such as "ENOENT". */
  readonly errno?: string;
}

/** A path has up to 4,096 bytes, each of which may be escaped. */
export const LONGEST_MESSAGE = 900;

export function answer(result: object, text: () => string = () => "", exit: ExitCode = 0): Answer {
  return { kind: "result", exit, result, text };
}

export function fail(kind: string, message: string, errno?: string, exit: ExitCode = 1): Answer {
  const error = {
    kind,
    message: clip(message, LONGEST_MESSAGE),
    ...(errno !== undefined && { errno }),
  };
  return { kind: "error", exit, error };
}

/** The answer to a wrong command line: exit status 2. */
export function misuse(message: string): Answer {
  return { kind: "error", exit: 2, error: { kind: "usage", message } };
}
