import { gunzipEach, zstdCompress, zstdDecompress, zstdDecompressEach } from "exitrd:codec";
import type { Codec } from "../port/loader.ts";
import { hostDigests } from "./digests.ts";

/** The `Codec` port on libzstd, zlib and libmd: for the command line only, PID 1 links only libmd. */
export const hostCodec: Codec = {
  ...hostDigests,
  compress: (data, level) => zstdCompress(data, level),
  decompress: (data, max) => zstdDecompress(data, max),
  decompressEach: (data, use) => zstdDecompressEach(data, use),
  gunzipEach: (data, use) => gunzipEach(data, use),
};
