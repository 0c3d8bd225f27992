import { constants, createHash, privateEncrypt } from "node:crypto";
import type { OpenSsl } from "../../fake/openssl.ts";
import { keyOf, readValue, withValue } from "./forge.ts";
import type { Oddity } from "./oddity.ts";

/** Of SHA-256 up to the digest (RFC 8017, 9.2). */
const prefix = Buffer.from("3031300d060960864801650304020105000420", "hex");
const withoutNull = Buffer.from("302f300b0609608648016503040201 0420".replace(" ", ""), "hex");
const ofSha384 = Buffer.from("3031300d060960864801650304020205000420", "hex");
const longForm = Buffer.from("308131300d060960864801650304020105000420", "hex");

/** Signatures by the right key over wrong encodings, and numbers that are out of range. */
export function listRsaOddities(openssl: OpenSsl): readonly Oddity[] {
  const content = Buffer.from("an image\n");
  const signer = openssl.identity("RSA", { key: "rsa:2048", extensions: [] });
  const good = openssl.sign(content, signer, "-noattr", "-md", "sha256");
  const digest = createHash("sha256").update(content).digest();
  const key = keyOf(signer);
  const { n: modulusText = "" } = key.export({ format: "jwk" });
  const modulus = BigInt(`0x${Buffer.from(modulusText, "base64url").toString("hex")}`);
  const size = 256;

  /** 00 `type` FF.. 00 `info`, as long as the modulus unless `padding` says how many. */
  const encode = (info: Uint8Array, { type = 1, padding = size - 3 - info.length } = {}) => {
    const head = Buffer.concat([Buffer.of(0, type), Buffer.alloc(padding, 0xff), Buffer.of(0)]);
    const rest = size - head.length - info.length;
    return Buffer.concat([head, info, Buffer.alloc(rest, 0xa5)]);
  };
  const signRaw = (message: Buffer) =>
    privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, message);
  const toBytes = (value: bigint, length = size) =>
    Buffer.from(value.toString(16).padStart(length * 2, "0"), "hex");
  const info = Buffer.concat([prefix, digest]);
  const spoil = (at: number, byte: number) => {
    const message = encode(info);
    message[at] = byte;
    return message;
  };
  const value = readValue(good);
  const number = BigInt(`0x${Buffer.from(value).toString("hex")}`);

  const values: readonly (readonly [string, Uint8Array, "accepted" | "bad-signature"])[] = [
    ["the encoding as it is", signRaw(encode(info)), "accepted"],
    ["garbage behind the digest", signRaw(encode(info, { padding: 8 })), "bad-signature"],
    ["garbage and no padding", signRaw(encode(info, { padding: 0 })), "bad-signature"],
    ["no NULL", signRaw(encode(Buffer.concat([withoutNull, digest]))), "bad-signature"],
    ["block type 2", signRaw(encode(info, { type: 2 })), "bad-signature"],
    ["block type 0", signRaw(encode(info, { type: 0 })), "bad-signature"],
    ["the digest alone", signRaw(encode(digest)), "bad-signature"],
    ["another digest's name", signRaw(encode(Buffer.concat([ofSha384, digest]))), "bad-signature"],
    ["a long length", signRaw(encode(Buffer.concat([longForm, digest]))), "bad-signature"],
    ["a wrong byte in the padding", signRaw(spoil(40, 0xfe)), "bad-signature"],
    ["a zero in the padding", signRaw(spoil(100, 0)), "bad-signature"],
    ["a first byte of 1", signRaw(Buffer.from(spoil(0, 1))), "bad-signature"],
    ["0", Buffer.alloc(size), "bad-signature"],
    ["1", toBytes(1n), "bad-signature"],
    ["the modulus less 1", toBytes(modulus - 1n), "bad-signature"],
    ["the modulus", toBytes(modulus), "bad-signature"],
    ["the modulus added", toBytes(number + modulus, 257), "bad-signature"],
    ["a leading zero", Buffer.concat([Buffer.of(0), value]), "bad-signature"],
    ["a byte behind it", Buffer.concat([value, Buffer.of(0)]), "bad-signature"],
    ["its last byte missing", value.subarray(0, size - 1), "bad-signature"],
    ["nothing", new Uint8Array(0), "bad-signature"],
  ];
  return values.map(([name, bytes, exitrd]) => ({
    name: `RSA with ${name}`,
    signature: withValue(good, bytes),
    ...{ content, anchors: [signer], exitrd },
    openssl: exitrd === "accepted" ? "accepted" : "refused",
  }));
}

/** Bleichenbacher's attack: with an exponent of 3, a cube root passes if trailing data is ignored. */
export function listCubeRoots(openssl: OpenSsl): readonly Oddity[] {
  const content = Buffer.from("an image\n");
  const digest = createHash("sha256").update(content).digest();
  return [2048, 2560].map((bits) => {
    const signer = makeCubeSigner(openssl, bits);
    const good = openssl.sign(content, signer, "-noattr", "-md", "sha256");
    const size = bits / 8;
    const head = Buffer.concat([Buffer.of(0, 1), Buffer.alloc(8, 0xff), Buffer.of(0)]);
    const message = Buffer.concat([head, prefix, digest, Buffer.alloc(size)]).subarray(0, size);
    const root = cubeRoot(BigInt(`0x${message.toString("hex")}`)) + 1n;
    const forged = Buffer.from(root.toString(16).padStart(size * 2, "0"), "hex");
    return {
      name: `a cube root in the place of an RSA signature of ${bits} bits`,
      signature: withValue(good, forged),
      ...{ content, anchors: [signer], exitrd: "bad-signature", openssl: "refused" },
    };
  });
}

function makeCubeSigner(openssl: OpenSsl, bits: number) {
  const [key, cert] = [openssl.file(""), openssl.file("")];
  const options = ["-pkeyopt", `rsa_keygen_bits:${bits}`, "-pkeyopt", "rsa_keygen_pubexp:3"];
  openssl.run("genpkey", "-algorithm", "RSA", ...options, "-out", key);
  const days = ["-days", "30000"];
  openssl.run("req", "-x509", "-key", key, "-subj", "/CN=Cube", ...days, "-out", cert);
  return { key, cert };
}

/** Rounded down. */
function cubeRoot(value: bigint): bigint {
  let [low, high] = [0n, 1n << BigInt(Math.ceil(value.toString(2).length / 3) + 1)];
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** 3n <= value) low = middle;
    else high = middle;
  }
  return low;
}
