import type { Row } from "./row.ts";

/** The disks that all rows share; the last is the NVMe. */
export const diskSerials = ["zoo0", "zoo1", "zoo2"] as const;

/** A disk in MiB, and its partitions as sfdisk(8) reads them. */
export interface ZooDisk {
  readonly serial: string;
  readonly size: number;
  readonly table: string;
}

/** Assigns partitions to each row, consecutive ones on different disks. */
export function layOut(rows: readonly Row[]): readonly ZooDisk[] {
  const lines: string[][] = diskSerials.map(() => ["label: gpt"]);
  const sizes: number[] = diskSerials.map(() => 2);
  let next = 0;
  rows.forEach((row, number) => {
    (row.parts ?? []).forEach((size, index) => {
      const disk = next++ % diskSerials.length;
      lines[disk]?.push(`size=${size}MiB, name="${partName(number, index)}"`);
      sizes[disk] = (sizes[disk] ?? 0) + size;
    });
  });
  return diskSerials.map((serial, disk) => ({
    serial,
    size: (sizes[disk] ?? 0) + 2,
    table: `${lines[disk]?.join("\n")}\n`,
  }));
}

/** The name of a partition in the table, and of its link in /dev/zoo. */
function partName(row: number, index: number): string {
  return `${row}.${index + 1}`;
}

/** The name of a row without spaces, for its files, directory and devices. */
export function fileName(row: Row): string {
  return row.name.replace(/\W+/g, "-");
}

/** The beginning of each script of a row; `number` is its index in the group. */
export function formatHeader(row: Row, number: number, library: string): string {
  const lines = (row.parts ?? []).map(
    (_, index) => `d${index + 1}=$(readlink /dev/zoo/${partName(number, index)})`,
  );
  return [
    `name=${fileName(row)}`,
    ...lines,
    'sectors() { blockdev --getsz "$1"; }',
    `. ./${library}`,
    "",
  ].join("\n");
}
