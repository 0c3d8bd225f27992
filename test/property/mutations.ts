import fc from "fast-check";

/** One change of a byte string; `at` is taken modulo its length. */
const change = fc.record({
  kind: fc.constantFrom("replace", "insert", "delete", "repeat", "cut"),
  at: fc.nat(),
  count: fc.integer({ min: 1, max: 40 }),
  text: fc.oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 3 }).map(toBytes),
    fc.constantFrom(
      "\0",
      "\n",
      " ",
      "-1",
      "/",
      ",",
      "[",
      '"',
      "4294967295",
      "99999999999999999999",
    ),
  ),
});

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function toBytes(text: string): string {
  return text.replace(/[^\0-\xff]/g, "\xff");
}

function apply(text: string, { kind, at, count, text: added }: Change): string {
  const place = at % (text.length + 1);
  const [before, after] = [text.slice(0, place), text.slice(place)];
  switch (kind) {
    case "replace":
      return before + added + after.slice(added.length);
    case "insert":
      return before + added + after;
    case "delete":
      return before + after.slice(count);
    case "repeat":
      return before + after.slice(0, count).repeat(3) + after;
    case "cut":
      return before;
  }
}

/** Any byte string, one of `valid`, or one of `valid` with some changes. */
export function mutated(valid: readonly string[]): fc.Arbitrary<string> {
  const changed = fc
    .tuple(fc.constantFrom(...valid), fc.array(change, { maxLength: 4 }))
    .map(([text, changes]) => changes.reduce(apply, text));
  return fc.oneof(
    { weight: 4, arbitrary: changed },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 300 }).map(toBytes) },
  );
}

/** The bytes of such a byte string. */
export function mutatedBytes(valid: readonly Uint8Array[]): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  return mutated(valid.map((bytes) => Buffer.from(bytes).toString("latin1"))).map(
    (text) => new Uint8Array(Buffer.from(text, "latin1")),
  );
}
