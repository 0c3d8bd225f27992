/** The path of a file's detached signature. */
export function signatureOf(path: string): string {
  return `${path}.p7s`;
}
