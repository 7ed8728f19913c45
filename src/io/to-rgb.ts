import type { Image } from "./image.ts";

/** Red, green and blue: grey three times, and colours without their alpha, as Pillow's `convert("RGB")` gives them. */
export function toRgb(image: Image): Image {
  const { width, height, channels, data } = image;
  if (channels === 3) return image;
  const rgb = new Uint8Array(3 * width * height);
  const [green, blue] = channels === 4 ? [1, 2] : [0, 0];
  for (let from = 0, to = 0; to < rgb.length; from += channels, to += 3) {
    rgb[to] = data[from]!;
    rgb[to + 1] = data[from + green]!;
    rgb[to + 2] = data[from + blue]!;
  }
  return { width, height, channels: 3, data: rgb };
}
