import type { Image } from "../../io/image.ts";
import { type ColorMap, colorize } from "../../plot/colors.ts";
import type { FeatureMaps } from "../feature-maps.ts";
import { type AtlasLayout, drawAtlas } from "./atlas.ts";

export interface FeatureMapAtlasOptions extends Omit<AtlasLayout, "title"> {
  /** Whether each map has the whole range of colours, or all maps of the layer share one; default "map". */
  readonly normalize?: "map" | "layer";
  /** Default `viridis`. */
  readonly colors?: ColorMap;
}

/** All maps of a layer as tiles with their numbers; a layer of single numbers is one square, row by row. */
export function featureMapAtlas(layer: FeatureMaps, options: FeatureMapAtlasOptions = {}): Image {
  const { normalize = "map", colors = "viridis", ...layout } = options;
  const { values, maps, statistics } = layer;
  const [count, height, width] = layer.shape;
  const title = `${layer.layer} ${count}×${height}×${width}`;
  if (height * width === 1) {
    const side = Math.ceil(Math.sqrt(count));
    const square = new Float32Array(side * Math.ceil(count / side)).fill(Number.NaN);
    square.set(values);
    const rgb = colorize(square, { colors, range: rangeOf(statistics) });
    return drawAtlas([{ rgb, width: side, height: square.length / side }], {
      ...{ title, scale: Math.max(4, Math.floor(280 / side)) },
      ...layout,
    });
  }
  const tiles = maps.map((own, k) => ({
    rgb: colorize(values.subarray(k * height * width, (k + 1) * height * width), {
      colors,
      range: rangeOf(normalize === "map" ? own : statistics),
    }),
    width,
    height,
    label: String(k),
  }));
  return drawAtlas(tiles, { title, ...layout });
}

/** A map of one value has the lowest colour. */
function rangeOf({ min, max }: { readonly min: number; readonly max: number }): readonly [number, number] {
  return min === max ? [min, min + 1] : [min, max];
}
