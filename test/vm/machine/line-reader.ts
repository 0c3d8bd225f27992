import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/** Calls `take` with each line of a stream, without its end. */
export function readLines(stream: Readable, take: (line: string) => void): void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  stream.on("data", (data: Buffer) => {
    const lines = (rest + decoder.write(data)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(line.replace(/\r+$/, ""));
  });
  stream.on("end", () => {
    if (rest !== "") take(rest);
  });
  // The machine may end at any time: a connection reset is its end.
  stream.on("error", () => {});
}
