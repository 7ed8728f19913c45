import type { Image } from "../../io/image.ts";
import { colorize, rangeOf } from "../../plot/colors.ts";
import type { LayerFilters } from "../filters.ts";
import { type AtlasLayout, drawAtlas, type Tile } from "./atlas.ts";

export interface FilterAtlasOptions extends Omit<AtlasLayout, "title" | "columns"> {
  /** Every channel of every filter on its own: a row for a filter, a column for an input channel. */
  readonly slices?: boolean;
  /** Whether the network takes blue, green and red in this order. */
  readonly bgr?: boolean;
}

/**
 * The filters of a convolution as tiles with their numbers.
 *
 * Filters of three channels are shown in colour, where grey is 0. Of others a pixel is the norm over the channels; of one
 * channel (depthwise) the weight itself, red above 0 and blue below. Filters of 1×1 are a table of the weights, with a
 * row for each output and a column for each input.
 */
export function filterAtlas(layer: LayerFilters, options: FilterAtlasOptions = {}): Image {
  const { slices = false, bgr = false, ...layout } = options;
  const [outputs, inputs, height, width] = layer.shape;
  const title = `${layer.name} ${layer.shape.join("×")}`;
  if (height * width === 1) {
    const rgb = colorize(layer.values, { colors: "diverging" });
    const scale = Math.max(1, Math.floor(512 / Math.max(outputs, inputs)));
    return drawAtlas([{ rgb, width: inputs, height: outputs }], { title, scale, ...layout });
  }
  if (slices) {
    const range = rangeOf(layer.values, "diverging");
    const tiles = Array.from({ length: outputs * inputs }, (_, i): Tile => {
      const values = layer.values.subarray(i * height * width, (i + 1) * height * width);
      return { rgb: colorize(values, { colors: "diverging", range }), width, height };
    });
    return drawAtlas(tiles, { title, columns: inputs, ...layout });
  }
  const tiles = Array.from({ length: outputs }, (_, o): Tile => {
    const size = inputs * height * width;
    const filter = layer.values.subarray(o * size, (o + 1) * size);
    return { rgb: filterPixels(filter, inputs, bgr), width, height, label: String(o) };
  });
  return drawAtlas(tiles, { title, ...layout });
}

/** One filter [I, kH, kW] as RGB pixels. */
function filterPixels(filter: Float32Array, inputs: number, bgr: boolean): Uint8Array {
  if (inputs === 1) return colorize(filter, { colors: "diverging" });
  const plane = filter.length / inputs;
  if (inputs === 3) {
    const most = rangeOf(filter, "diverging")[1] || 1;
    return Uint8Array.from({ length: 3 * plane }, (_, i) => {
      const channel = bgr ? 2 - (i % 3) : i % 3;
      return Math.round(127.5 * (1 + filter[channel * plane + Math.floor(i / 3)]! / most));
    });
  }
  const norms = new Float32Array(plane);
  for (let i = 0; i < filter.length; i++) norms[i % plane]! += filter[i]! ** 2;
  const roots = norms.map(Math.sqrt);
  return colorize(roots, { range: [0, rangeOf(roots, "viridis")[1] || 1] });
}
