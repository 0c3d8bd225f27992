import { sha1, sha256, sha384, sha512 } from "exitrd:digest";
import * as sys from "exitrd:sys";

function encode(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

const million = new Uint8Array(1_000_000).fill(97);
const inputs = [encode(""), encode("abc"), million];

sys.write(
  1,
  JSON.stringify({
    sha1: inputs.map(sha1),
    sha256: inputs.map(sha256),
    sha384: inputs.map(sha384),
    sha512: inputs.map(sha512),
    view: sha256(encode("xxabcxx").subarray(2, 5)) === sha256(encode("abc")),
  }),
);
