/** Where the signature of a file lies: beside it. */
export function signatureOf(path: string): string {
  return `${path}.p7s`;
}
