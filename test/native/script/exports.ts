import * as codec from "exitrd:codec";
import * as digest from "exitrd:digest";
import * as drive from "exitrd:drive";
import * as key from "exitrd:key";
import * as sys from "exitrd:sys";
import * as trace from "exitrd:trace";

/** Prints every export of each module with its type. */
function describe(module: object): Record<string, string> {
  return Object.fromEntries(Object.entries(module).map(([name, value]) => [name, typeof value]));
}

const modules = { sys, digest, codec, key, drive, trace };
const described = Object.entries(modules).map(([name, module]) => [name, describe(module)]);
sys.write(1, JSON.stringify(Object.fromEntries(described)));
