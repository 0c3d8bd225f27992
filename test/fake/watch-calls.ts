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
  return typeof argument === "object" ? JSON.stringify(argument) : String(argument);
}
