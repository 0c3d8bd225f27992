import * as sys from "exitrd:sys";
import { hostCommands, readToEnds } from "../../../src/host/commands.ts";
import { joinBytes, toByteString, toBytes } from "../../../src/text/bytes.ts";
import { catchCode } from "./catch-code.ts";

// Reads the outputs of programs.
const [readEnd, writeEnd] = sys.pipe();
sys.write(writeEnd, "text");
sys.close(writeEnd);
const pieces: string[] = [];
readToEnds([{ fd: readEnd, use: (piece) => pieces.push(toByteString(piece)) }]);
const closed = catchCode(() => readToEnds([{ fd: 1000, use: () => {} }]));

// More than fits into two pipes.
const large = new Uint8Array(1 << 20).fill(0x78);

function catchMessage(action: () => void): string | undefined {
  try {
    action();
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : undefined;
  }
}

function filter(script: string, input: Uint8Array) {
  const parts: Uint8Array[] = [];
  const end = hostCommands.filter("sh", ["-c", script], input, (part) => parts.push(part));
  return { ...end, output: joinBytes(parts) };
}

const whole = filter("cat; echo problem >&2; exit 3", large);
const unread = filter("echo early", large);
const short = filter("cat", toBytes("a\xff\n"));
// How much of an endless output is read.
const enough = catchMessage(() =>
  hostCommands.filter("sh", ["-c", "exec cat /dev/zero"], large, () => {
    throw new Error("enough");
  }),
);
sys.write(
  1,
  JSON.stringify({
    ...{ pieces, closed },
    whole: [whole.status, whole.stderr, whole.output.length, whole.output.every((b) => b === 0x78)],
    unread: [unread.status, toByteString(unread.output)],
    short: [short.status, toByteString(short.output)],
    absent: hostCommands.filter("no-such-program", [], large, () => {}) ?? null,
    enough,
    left: sys.waitpid(-1, 0) ?? null,
  }),
);
