/** The 64-bit little-endian machines: uname(2)'s name → e_machine (elf(5)). */
const elfMachines: ReadonlyMap<string, number> = new Map([
  ["x86_64", 62],
  ["aarch64", 183],
  ["ppc64le", 21],
  ["riscv64", 243],
  ["loongarch64", 258],
]);

/** The e_machine of programs for `architecture`, which is named as by uname -m. */
export function elfMachineOf(architecture: string): number | undefined {
  return elfMachines.get(architecture);
}

export function listArchitectures(): readonly string[] {
  return [...elfMachines.keys()].sort();
}
