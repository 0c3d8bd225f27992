/** uname(2)'s machine → its name in ARCHITECTURE= (os-release(5)), if that differs. */
const names: ReadonlyMap<string, string> = new Map([
  ["x86_64", "x86-64"],
  ["aarch64", "arm64"],
  ["ppc64le", "ppc64-le"],
]);

export function nameArchitecture(machine: string): string {
  return names.get(machine) ?? machine;
}
