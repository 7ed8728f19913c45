import type { BitReader } from "./bit-reader.ts";
import { inverseDct, inverseDctOfConstant } from "./inverse-dct.ts";
import type { BlockDecoder } from "./scan.ts";
import { zigzag } from "./zigzag.ts";

/** Blocks whose coefficients all come in one scan, which become samples at once (T.81, F.2.2). */
export function sequentialDecoder(reader: BitReader): BlockDecoder {
  const block = new Int16Array(64);
  return {
    decode(part, number) {
      const { samples, steps, blockStride } = part.component;
      const ac = part.ac!;
      const size = reader.symbol(part.dc!);
      if (size > 0) part.predictor += reader.signed(size);
      block[0] = part.predictor;
      let last = 0;
      for (let k = 1; k < 64; k++) {
        const symbol = reader.symbol(ac);
        const length = symbol & 15;
        k += symbol >> 4;
        if (length > 0) {
          if (k > 63) throw reader.error("a run of zeros leaves its block");
          block[zigzag[k]!] = reader.signed(length);
          last = k;
        } else if (symbol >> 4 < 15) {
          break;
        }
      }
      const stride = 8 * blockStride;
      const row = Math.floor(number / blockStride);
      const to = 8 * (row * stride + (number - row * blockStride));
      if (last === 0) {
        inverseDctOfConstant(block[0]!, steps![0]!, samples, to, stride);
      } else {
        inverseDct(block, 0, steps!, samples, to, stride);
        block.fill(0);
      }
    },
    restart() {},
  };
}
