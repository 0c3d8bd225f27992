import { DM_HEADER_SIZE, decodeDmStatus } from "../../src/kinds/dm/protocol.ts";

/**
 * Wraps a port: `before` is called ahead of each call with its name and arguments, as "readText
 * /proc/swaps". If it throws, the call throws that.
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

/** All requests to the device-mapper go to one file: the buffer names the device. */
function showBuffer(_key: string, value: unknown): unknown {
  if (!(value instanceof ArrayBuffer) || value.byteLength < DM_HEADER_SIZE) return value;
  return decodeDmStatus(value).dev;
}
