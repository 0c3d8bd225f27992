import type { Certificate } from "../image/sign/certificate.ts";
import { readPemFile } from "../load/read-trust.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import { quote } from "../text/show-bytes.ts";
import type { Host } from "./command.ts";
import { type Answer, fail } from "./envelope/answer.ts";

/** Reads the certificates of all files; stops at the first invalid file. */
export function readAll(
  paths: readonly string[],
  host: Pick<Host, "files">,
): Checked<readonly Certificate[], Answer> {
  const found: Certificate[] = [];
  for (const path of paths) {
    const certificates = readPemFile(path, host.files);
    if (!certificates.ok) {
      const message = `cannot read ${quote(path)}: ${certificates.problem}: use certificates in PEM format`;
      return refuse(fail("bad-certificate", message));
    }
    found.push(...certificates.value);
  }
  return accept(found);
}
