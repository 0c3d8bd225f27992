import * as codec from "exitrd:codec";
import * as key from "exitrd:key";
import * as sys from "exitrd:sys";

/** Prints every export of the modules with its type. */
function describe(module: object): Record<string, string> {
  return Object.fromEntries(Object.entries(module).map(([name, value]) => [name, typeof value]));
}

sys.write(1, JSON.stringify({ sys: describe(sys), codec: describe(codec), key: describe(key) }));
