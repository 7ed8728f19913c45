import { ArgumentError } from "../../core/errors.ts";
import { colorize } from "../../plot/colors.ts";

/** A photograph [C, H, W] of bytes, C 1 or 3, as RGB pixels. */
export function photographPixels(bytes: Uint8Array, height: number, width: number): Uint8Array {
  const plane = height * width;
  const channels = bytes.length / plane;
  if (channels !== 1 && channels !== 3) {
    throw new ArgumentError(`${bytes.length} bytes are no photograph of ${height} × ${width}`);
  }
  return Uint8Array.from({ length: 3 * plane }, (_, i) => {
    return bytes[(channels === 3 ? (i % 3) * plane : 0) + Math.floor(i / 3)]!;
  });
}

/**
 * A map [H, W] laid over a photograph's RGB pixels: the more a pixel matters, the more its colour covers.
 *
 * Yellow stands for the largest value; of signed maps red is for the class and blue against it. The scale ends where
 * one value in 200 is larger.
 */
export function overlayPixels(
  photograph: Uint8Array,
  values: ArrayLike<number>,
  signed: boolean,
): Uint8Array {
  const most = quantile(Float32Array.from(values, Math.abs), 0.995);
  const colors = signed ? signColors(values) : colorize(values, { range: [0, most] });
  return photograph.map((byte, i) => {
    const share = most === 0 ? 0 : Math.min(1, Math.abs(values[Math.floor(i / 3)]!) / most);
    const cover = 0.9 * share ** 0.6;
    const gray = 0.25 * grayAt(photograph, i) + 0.45 * byte;
    return Math.round(gray * (1 - cover) + colors[i]! * cover);
  });
}

const [support, opposition] = [[214, 48, 49] as const, [33, 110, 190] as const];

function signColors(values: ArrayLike<number>): Uint8Array {
  return Uint8Array.from({ length: 3 * values.length }, (_, i) =>
    values[Math.floor(i / 3)]! > 0 ? support[i % 3]! : opposition[i % 3]!,
  );
}

function grayAt(rgb: Uint8Array, i: number): number {
  const at = i - (i % 3);
  return 0.299 * rgb[at]! + 0.587 * rgb[at + 1]! + 0.114 * rgb[at + 2]!;
}

function quantile(values: Float32Array, share: number): number {
  const sorted = values.slice().sort();
  const top = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  return top > 0 ? top : sorted.at(-1)!;
}
