import type { BitReader } from "./bit-reader.ts";
import type { JpegFrame } from "./frame.ts";
import { inverseDct } from "./inverse-dct.ts";
import type { BlockDecoder } from "./scan.ts";
import type { JpegScan } from "./scan-header.ts";
import { zigzag } from "./zigzag.ts";

/** Blocks of which a scan tells some coefficients, or one more bit of them (T.81, annex G). */
export function progressiveDecoder(scan: JpegScan, reader: BitReader): BlockDecoder {
  if (scan.first === 0) return scan.high === 0 ? firstBitsOfDc(scan, reader) : nextBitOfDc(scan, reader);
  return scan.high === 0 ? firstBitsOfAc(scan, reader) : nextBitOfAc(scan, reader);
}

/** Makes samples of the coefficients that all scans together told. */
export function reconstruct({ components }: JpegFrame): void {
  for (const { coefficients, steps, samples, blockStride } of components) {
    const stride = 8 * blockStride;
    for (let from = 0, to = 0; from < coefficients!.length; to += 8 * stride) {
      for (let x = 0; x < stride; x += 8, from += 64) {
        inverseDct(coefficients!, from, steps!, samples, to + x, stride);
      }
    }
  }
}

function firstBitsOfDc({ low }: JpegScan, reader: BitReader): BlockDecoder {
  return {
    decode(part, block) {
      const size = reader.symbol(part.dc!);
      if (size > 0) part.predictor += reader.signed(size);
      part.component.coefficients![64 * block] = part.predictor << low;
    },
    restart() {},
  };
}

function nextBitOfDc({ low }: JpegScan, reader: BitReader): BlockDecoder {
  return {
    decode(part, block) {
      if (reader.bit() === 1) part.component.coefficients![64 * block]! |= 1 << low;
    },
    restart() {},
  };
}

function firstBitsOfAc({ first, last, low }: JpegScan, reader: BitReader): BlockDecoder {
  /** Blocks to come of which nothing more is told. */
  let ended = 0;
  return {
    decode({ component, ac }, block) {
      if (ended > 0) {
        ended--;
        return;
      }
      const coefficients = component.coefficients!;
      for (let k = first; k <= last; k++) {
        const symbol = reader.symbol(ac!);
        const [run, size] = [symbol >> 4, symbol & 15];
        if (size === 0 && run < 15) {
          ended = (1 << run) - 1 + reader.bits(run);
          return;
        }
        k += run;
        if (size === 0) continue;
        if (k > last) throw reader.error("a run of zeros leaves its block");
        coefficients[64 * block + zigzag[k]!] = reader.signed(size) << low;
      }
    },
    restart() {
      ended = 0;
    },
  };
}

function nextBitOfAc({ first, last, low }: JpegScan, reader: BitReader): BlockDecoder {
  const plus = 1 << low;
  const minus = -1 << low;
  let ended = 0;
  /** Takes the next bit of a coefficient that is known not to be zero. */
  const refine = (coefficients: Int16Array, at: number): void => {
    const value = coefficients[at]!;
    if (reader.bit() === 1 && (value & plus) === 0) coefficients[at] = value + (value > 0 ? plus : minus);
  };
  return {
    decode({ component, ac }, block) {
      const coefficients = component.coefficients!;
      const base = 64 * block;
      let k = first;
      for (; ended === 0 && k <= last; k++) {
        const symbol = reader.symbol(ac!);
        const size = symbol & 15;
        let zeros = symbol >> 4;
        if (size > 1) throw reader.error(`a new coefficient of ${size} bits where one is due`);
        if (size === 0 && zeros < 15) {
          ended = (1 << zeros) + reader.bits(zeros);
          break;
        }
        const value = size === 0 ? 0 : reader.bit() === 1 ? plus : minus;
        // The run counts coefficients that are still zero; the others on the way get their bit.
        for (; k <= last; k++) {
          const at = base + zigzag[k]!;
          if (coefficients[at] !== 0) refine(coefficients, at);
          else if (zeros-- === 0) break;
        }
        if (value === 0) continue;
        if (k > last) throw reader.error("a run of zeros leaves its block");
        coefficients[base + zigzag[k]!] = value;
      }
      if (ended === 0) return;
      for (; k <= last; k++) {
        const at = base + zigzag[k]!;
        if (coefficients[at] !== 0) refine(coefficients, at);
      }
      ended--;
    },
    restart() {
      ended = 0;
    },
  };
}
