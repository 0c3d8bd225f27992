import { sha256, zstdCompress, zstdDecompress } from "exitrd:codec";
import type { Codec } from "../port/codec.ts";

/** The `Codec` port on libzstd and libmd: for the command line only, PID 1 does not link them. */
export const hostCodec: Codec = {
  sha256: (data) => sha256(data),
  compress: (data, level) => zstdCompress(data, level),
  decompress: (data, max) => zstdDecompress(data, max),
};
