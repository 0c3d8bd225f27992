import * as codec from "exitrd:codec";
import * as digest from "exitrd:digest";
import * as sys from "exitrd:sys";

/** Prints every export of each module with its type. */
function describe(module: object): Record<string, string> {
  return Object.fromEntries(Object.entries(module).map(([name, value]) => [name, typeof value]));
}

sys.write(
  1,
  JSON.stringify({ sys: describe(sys), codec: describe(codec), digest: describe(digest) }),
);
