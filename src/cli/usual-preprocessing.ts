import type { ImageShape } from "../data/source.ts";
import type { Preprocessing } from "../io/preprocessing.ts";

/** How photographs are prepared for most networks: seven eighths of the shorter side, ImageNet's mean and deviation. */
export function usualPreprocessing(imageShape: ImageShape): Preprocessing {
  const [channels, height, width] = imageShape;
  const colored = channels === 3;
  return {
    inputSize: imageShape,
    resize: Math.floor(Math.min(height, width) / 0.875),
    interpolation: "bilinear",
    cropMode: "center",
    mean: colored ? [0.485, 0.456, 0.406] : new Array<number>(channels).fill(0),
    std: colored ? [0.229, 0.224, 0.225] : new Array<number>(channels).fill(1),
  };
}
