import { ArgumentError } from "../../core/errors.ts";
import type { Image } from "../../io/image.ts";
import { maxImageSamples } from "../../io/image.ts";
import { dotsOf } from "./tiny-font.ts";

type Rgb = readonly [red: number, green: number, blue: number];

/** An RGB image that pictures and texts are put on. */
export class Canvas {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;

  /** @throws ArgumentError if the size is more than an image may have. */
  constructor(width: number, height: number, color: Rgb) {
    if (width * height * 3 > maxImageSamples) {
      throw new ArgumentError(
        `a picture of ${width} × ${height} pixels is too large: choose a smaller scale`,
      );
    }
    this.width = width;
    this.height = height;
    this.data = new Uint8Array(width * height * 3);
    for (let i = 0; i < this.data.length; i++) this.data[i] = color[i % 3]!;
  }

  /** Puts RGB pixels with their upper left corner at (x, y), each as a square of `scale` pixels. */
  put(rgb: Uint8Array, width: number, x: number, y: number, scale: number): void {
    const height = rgb.length / 3 / width;
    for (let row = 0; row < height * scale; row++) {
      for (let column = 0; column < width * scale; column++) {
        const from = 3 * (Math.floor(row / scale) * width + Math.floor(column / scale));
        const to = 3 * ((y + row) * this.width + x + column);
        this.data.set(rgb.subarray(from, from + 3), to);
      }
    }
  }

  /** Writes a text in capitals, each dot as a square of `scale` pixels; what lies outside is cut off. */
  write(text: string, x: number, y: number, color: Rgb, scale = 1): void {
    for (const [dx, dy] of dotsOf(text)) {
      for (let i = 0; i < scale * scale; i++) {
        const [column, row] = [x + dx * scale + (i % scale), y + dy * scale + Math.floor(i / scale)];
        if (column < this.width && row < this.height) this.data.set(color, 3 * (row * this.width + column));
      }
    }
  }

  image(): Image {
    return { width: this.width, height: this.height, channels: 3, data: this.data };
  }
}
