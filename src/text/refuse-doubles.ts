/** Throws an Error that names the first duplicate in `values`: "mounts[3].id". */
export function refuseDoubles(list: string, key: string, values: readonly string[]): void {
  const seen = new Set<string>();
  values.forEach((value, index) => {
    if (seen.has(value)) throw new Error(`${list}[${index}].${key}: the same as before`);
    seen.add(value);
  });
}
