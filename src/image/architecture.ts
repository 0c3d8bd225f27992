/** uname(2)'s machine → e_machine (elf(5)): the 64-bit little-endian ones. */
const elfMachines: ReadonlyMap<string, number> = new Map([
  ["x86_64", 62],
  ["aarch64", 183],
  ["ppc64le", 21],
  ["riscv64", 243],
  ["loongarch64", 258],
]);

/** The e_machine of programs for `architecture`, a name as uname -m prints it. */
export function elfMachineOf(architecture: string): number | undefined {
  return elfMachines.get(architecture);
}

export function listArchitectures(): readonly string[] {
  return [...elfMachines.keys()].sort();
}
