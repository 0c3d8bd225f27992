import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Certificate } from "../../src/image/sign/certificate.ts";
import { parsePem } from "../../src/image/sign/parse-pem.ts";
import { readCertificate } from "../../src/image/sign/read-certificate.ts";
import { toByteString } from "../../src/text/bytes.ts";

/** A key and its certificate, as files. */
export interface Identity {
  readonly key: string;
  readonly cert: string;
}

export interface IdentityShape {
  /** P-256 by default, because it is generated quickly. */
  readonly key?: "rsa:1024" | "rsa:2048" | "rsa:3072" | "rsa:4096" | "P-256" | "P-384" | "P-521";
  readonly issuer?: Identity;
  /** Lines of an extension section. */
  readonly extensions?: readonly string[];
  /** "20200101000000Z" to "20210101000000Z" */
  readonly from?: string;
  readonly to?: string;
  readonly hash?: "sha1" | "sha256" | "sha384";
}

export const caExtensions = ["basicConstraints=critical,CA:TRUE", "keyUsage=keyCertSign"];
export const leafExtensions = ["basicConstraints=CA:FALSE", "keyUsage=digitalSignature"];

/** Makes keys, certificates and signatures with the real openssl(1), in a folder of its own. */
export class OpenSsl {
  readonly dir = mkdtempSync(join(tmpdir(), "exitrd-openssl-"));
  private count = 0;

  close(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Several certificates in one file. */
  bundle(identities: readonly Identity[]): string {
    return this.file(identities.map(({ cert }) => readFileSync(cert, "utf8")).join(""));
  }

  run(...args: readonly string[]): Uint8Array {
    return new Uint8Array(execFileSync("openssl", args, { cwd: this.dir, stdio: "pipe" }));
  }

  file(data: string | Uint8Array): string {
    this.count += 1;
    const path = join(this.dir, `file-${this.count}`);
    writeFileSync(path, data);
    return path;
  }

  /** Self-signed if no issuer is given. */
  identity(name: string, shape: IdentityShape = {}): Identity {
    const { key: kind = "P-256", issuer, hash = "sha256" } = shape;
    const extensions = shape.extensions ?? (issuer ? leafExtensions : caExtensions);
    const key = this.makeKey(kind);
    const cert = this.file("");
    const config = this.file(
      `[ca]\ndefault_ca=c\n[c]\ndatabase=${this.file("")}\nnew_certs_dir=${this.dir}\nrand_serial=yes\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n[e]\n${extensions.join("\n")}\n[req]\ndistinguished_name=n\n[n]\n`,
    );
    const request = this.file("");
    this.run(
      "req",
      "-new",
      "-config",
      config,
      "-key",
      key,
      "-subj",
      `/CN=${name}`,
      "-out",
      request,
    );
    const by = issuer
      ? ["-keyfile", issuer.key, "-cert", issuer.cert]
      : ["-selfsign", "-keyfile", key];
    const dates = [
      "-startdate",
      shape.from ?? "20240101000000Z",
      "-enddate",
      shape.to ?? "20990101000000Z",
    ];
    this.run(
      ...[
        "ca",
        "-batch",
        "-notext",
        "-config",
        config,
        "-in",
        request,
        "-out",
        cert,
        "-extensions",
      ],
      ...["e", "-md", hash, ...by, ...dates],
    );
    return { key, cert };
  }

  private makeKey(kind: NonNullable<IdentityShape["key"]>): string {
    const key = this.file("");
    const options = kind.startsWith("rsa:")
      ? ["-algorithm", "RSA", "-pkeyopt", `rsa_keygen_bits:${kind.slice(4)}`]
      : ["-algorithm", "EC", "-pkeyopt", `ec_paramgen_curve:${kind}`];
    this.run("genpkey", ...options, "-out", key);
    return key;
  }

  /** The output of `openssl cms -sign -binary`, in DER. */
  sign(content: Uint8Array, { key, cert }: Identity, ...more: readonly string[]): Uint8Array {
    const args = ["-in", this.file(content), "-inkey", key, "-signer", cert, "-outform", "DER"];
    return this.run("cms", "-sign", "-binary", ...args, ...more);
  }

  certificate({ cert }: Identity): Certificate {
    const [der] = parsePem(toByteString(readFileSync(cert))) ?? [];
    if (der === undefined) throw new Error(`not a PEM file: ${cert}`);
    const read = readCertificate(der);
    if (!read.ok) throw new Error(JSON.stringify(read.problem));
    return read.value;
  }
}
