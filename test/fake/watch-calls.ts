import { DM_HEADER_SIZE, decodeDmStatus } from "../../src/kinds/dm/protocol.ts";

/**
 * The same port, with `before` called ahead of each call with its name and arguments, as
 * "readText /proc/swaps". What `before` throws is what the call throws.
 */
export function watchCalls<T extends object>(port: T, before: (call: string) => void): T {
  return new Proxy(port, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== "function") return value;
      return (...args: readonly unknown[]): unknown => {
        before([String(key), ...args.map(showArgument)].join(" "));
        return Reflect.apply(value, target, args);
      };
    },
  });
}

function showArgument(argument: unknown): string {
  if (typeof argument === "function") return "()";
  return typeof argument === "object" ? JSON.stringify(argument, showBuffer) : String(argument);
}

/** The device-mapper's requests all go to one file: what they are about is in the buffer. */
function showBuffer(_key: string, value: unknown): unknown {
  if (!(value instanceof ArrayBuffer) || value.byteLength < DM_HEADER_SIZE) return value;
  return decodeDmStatus(value).dev;
}
