/** The path of a file's detached signature. */
export function signatureOf(path: string): string {
  return `${path}.p7s`;
}

/**
 * The path of a new image's signature while image and signature are renamed, which takes two steps.
 * If the machine dies in between, the new image is verified with this signature.
 */
export function nextSignatureOf(path: string): string {
  return `${path}.p7s.next`;
}
