import { expect, test } from "vitest";
import { buildImage } from "../../src/build/build-image.ts";
import { describeBuildFailure } from "../../src/build/describe-build-failure.ts";
import { checkImage } from "../../src/load/check-image.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { fakeCodec, makeElf } from "../fake/image-inputs.ts";

const output = "/usr/lib/exitrd/exitrd.img";
const shutdown = "/usr/lib/exitrd/exitrd-shutdown";
const request = { shutdown, output, version: "1.2.3", architecture: "x86_64", mtime: 0 };

function makeHost(program: Uint8Array | string = makeElf()): FakeHost {
  const host = new FakeHost();
  host.putFile(shutdown, program);
  return host;
}

test("what is built passes the loader's check", () => {
  const host = makeHost();
  expect(buildImage(request, host)).toMatchObject({ kind: "built" });
  const image = host.files.readBytes(output, 1e6);
  expect(checkImage(image, "x86_64", fakeCodec)).toMatchObject({
    ok: true,
    value: { manifest: { version: "1.2.3", architecture: "x86_64" } },
  });
});

test("two builds give the same bytes, whatever the program's own mode", () => {
  const [one, two] = [makeHost(), makeHost()];
  two.putFile(shutdown, makeElf(), 0o700);
  buildImage(request, one);
  buildImage(request, two);
  expect(one.text(output)).toBe(two.text(output));
});

test.each([
  ["a script", "#!/bin/sh\n", "not-elf"],
  ["a dynamic program", makeElf({ segments: [1, 3] }), "interpreter"],
  ["another architecture's", makeElf({ machine: 183 }), "machine"],
])("%s is refused, and the old image stays", (_, program, reason) => {
  const host = makeHost(program);
  host.putFile(output, "old");
  expect(buildImage(request, host)).toEqual({
    kind: "failed",
    failure: { kind: "elf", path: shutdown, reason },
  });
  expect(host.text(output)).toBe("old");
});

test("a failure to write says that the old image is as it was", () => {
  const host = makeHost();
  host.failures.set(`rename ${output}`, "ENOSPC");
  const result = buildImage(request, host);
  if (result.kind !== "failed") throw new Error("it was written");
  expect(describeBuildFailure(result.failure)).toBe(
    `cannot write '${output}': No space left on device: free some space there; the old image is as it was`,
  );
});
