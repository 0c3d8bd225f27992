/** The target of a link in `directory` ("" for the top) that leads to `path`, by real directories. */
export function makeTarget(directory: string, path: string): string {
  const depth = directory === "" ? 0 : directory.split("/").length;
  return `${"../".repeat(depth)}${path}`;
}
