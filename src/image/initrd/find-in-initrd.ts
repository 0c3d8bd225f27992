import { accept, type Checked } from "../../text/checked.ts";
import { fileType, linkType, typeMask } from "../cpio-entry.ts";
import type { InitrdProblem } from "./initrd-problem.ts";
import type { Member } from "./newc-reader.ts";
import { readArchives, type Unpackers } from "./read-archives.ts";

/** The files that were found, by their full paths. */
export interface InitrdFiles {
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Symbolic links; their targets need not exist. */
  readonly links: ReadonlySet<string>;
}

const largestFile = 64 * 1024 * 1024;

/**
 * Finds regular files and links in an initrd. If a path occurs more than once, the last one wins, as
 * in the kernel.
 */
export function findInInitrd(
  initrd: Uint8Array,
  isWanted: (path: string) => boolean,
  unpackers: Unpackers,
): Checked<InitrdFiles, InitrdProblem> {
  const files = new Map<string, Uint8Array>();
  const links = new Set<string>();
  const isOfType = ({ mode }: Member, type: number) => (mode & typeMask) === type;
  const visitor = {
    wants: (member: Member) =>
      isOfType(member, fileType) && isWanted(member.path) && member.size <= largestFile,
    visit: (member: Member, data: Uint8Array | undefined) => {
      if (isOfType(member, linkType) && isWanted(member.path)) links.add(member.path);
      if (data !== undefined) files.set(member.path, data);
    },
    endArchive: () => {},
  };
  const read = readArchives(initrd, visitor, unpackers);
  return read.ok ? accept({ files, links }) : read;
}
