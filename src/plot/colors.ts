import { ArgumentError } from "../core/errors.ts";

/** Colour maps: `viridis` for amounts, `diverging` for values around a middle (blue below, red above), and `gray`. */
export type ColorMap = "viridis" | "diverging" | "gray";

type Rgb = readonly [red: number, green: number, blue: number];

/** Each map's colours at even distances from its lowest to its highest value. */
const stops: Readonly<Record<ColorMap, readonly Rgb[]>> = {
  // S. van der Walt and N. Smith, matplotlib's default map: even steps of perceived lightness.
  viridis: ["440154", "472d7b", "3b528b", "2c728e", "21918c", "28ae80", "5ec962", "addc30", "fde725"].map(
    rgb,
  ),
  // C. Brewer's RdBu, turned round.
  diverging: ["2166ac", "67a9cf", "d1e5f0", "f7f7f7", "fddbc7", "ef8a62", "b2182b"].map(rgb),
  gray: ["000000", "ffffff"].map(rgb),
};

/** Colours for curves that people with any colour vision tell apart (Okabe & Ito, 2008). */
export const seriesColors: readonly string[] = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#555555",
  "#8c564b",
];

export interface ColorizeOptions {
  /** Default `viridis`. */
  readonly colors?: ColorMap;
  /** The values of the first and the last colour; default the finite values' own, symmetric about 0 if `diverging`. */
  readonly range?: readonly [low: number, high: number];
}

/** Values as red, green and blue bytes, three a value; values beyond the range have its ends' colours, NaN is white. */
export function colorize(values: ArrayLike<number>, options: ColorizeOptions = {}): Uint8Array {
  const { colors = "viridis" } = options;
  const [low, high] = options.range ?? rangeOf(values, colors);
  if (!(low <= high)) throw new ArgumentError(`colorize: the range [${low}, ${high}] is none`);
  const map = stops[colors];
  const bytes = new Uint8Array(values.length * 3).fill(255);
  for (let i = 0; i < values.length; i++) {
    const place = high === low ? 0.5 : (values[i]! - low) / (high - low);
    if (Number.isNaN(place)) continue;
    const scaled = Math.min(1, Math.max(0, place)) * (map.length - 1);
    const index = Math.min(map.length - 2, Math.floor(scaled));
    const weight = scaled - index;
    for (let c = 0; c < 3; c++) {
      bytes[3 * i + c] = Math.round(map[index]![c]! * (1 - weight) + map[index + 1]![c]! * weight);
    }
  }
  return bytes;
}

/** The least and the greatest finite value; [−a, a] for a map with a middle. */
export function rangeOf(values: ArrayLike<number>, colors: ColorMap): readonly [low: number, high: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  const most = Math.max(Math.abs(low), Math.abs(high));
  return colors === "diverging" ? [-most, most] : [low, high];
}

function rgb(hex: string): Rgb {
  const value = Number.parseInt(hex, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
