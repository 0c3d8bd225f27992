/** The types of one file system, its hash tree and the tree's signature. */
export interface PartitionTypes {
  readonly data: string;
  readonly verity: string;
  readonly signature: string;
}

/** The Discoverable Partitions Specification's, by uname(2)'s machine: the root's, and /usr's. */
const types: ReadonlyMap<string, readonly [root: PartitionTypes, usr: PartitionTypes]> = new Map([
  [
    "x86_64",
    [
      {
        data: "4f68bce3-e8cd-4db1-96e7-fbcaf984b709",
        verity: "2c7357ed-ebd2-46d9-aec1-23d437ec2bf5",
        signature: "41092b05-9fc8-4523-994f-2def0408b176",
      },
      {
        data: "8484680c-9521-48c6-9c11-b0720656f69e",
        verity: "77ff5f63-e7b6-4633-acf4-1565b864c0e6",
        signature: "e7bb33fb-06cf-4e81-8273-e543b413e2e2",
      },
    ],
  ],
  [
    "aarch64",
    [
      {
        data: "b921b045-1df0-41c3-af44-4c6f280d3fae",
        verity: "df3300ce-d69f-4c92-978c-9bfb0f38d820",
        signature: "6db69de6-29f4-4758-a7a5-962190f00ce3",
      },
      {
        data: "b0e01050-ee5f-4390-949a-9101b17104e9",
        verity: "6e11a4e7-fbca-4ded-b9e9-e1a512bb664e",
        signature: "c23ce4ff-44bd-4b00-b2d4-b41b3419e02a",
      },
    ],
  ],
]);

/** Root first; empty for an unsupported machine. */
export function listPartitionTypes(machine: string): readonly PartitionTypes[] {
  return types.get(machine) ?? [];
}

/** The supported machines, as in uname(2). */
export function listMachines(): readonly string[] {
  return [...types.keys()];
}
