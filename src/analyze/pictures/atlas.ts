import { ArgumentError } from "../../core/errors.ts";
import type { Image } from "../../io/image.ts";
import { Canvas } from "./canvas.ts";
import { letter } from "./tiny-font.ts";

/** One picture of an atlas: RGB pixels. */
export interface Tile {
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Stands above the tile where it fits. */
  readonly label?: string;
}

export interface AtlasLayout {
  /** Pixels of the picture for one of a tile, both ways; default as many as make small tiles about 28 wide. */
  readonly scale?: number;
  /** Tiles in a row; default what makes the picture about square. */
  readonly columns?: number;
  /** Stands above everything. */
  readonly title?: string;
}

const background = [24, 24, 27] as const;
const ink = [212, 212, 216] as const;
const dim = [140, 140, 148] as const;
const gap = 2;

/**
 * Tiles in rows from the upper left, all in cells of the largest one's size.
 *
 * @throws ArgumentError if there are none, the scale is no whole number, or the picture would be too large.
 */
export function drawAtlas(tiles: readonly Tile[], layout: AtlasLayout = {}): Image {
  if (tiles.length === 0) throw new ArgumentError("there is nothing to draw");
  const width = Math.max(...tiles.map((tile) => tile.width));
  const height = Math.max(...tiles.map((tile) => tile.height));
  const scale = layout.scale ?? Math.max(1, Math.floor(28 / Math.max(width, height)));
  if (!Number.isInteger(scale) || scale < 1)
    throw new ArgumentError(`a scale of ${scale} is no whole number`);
  const longest = Math.max(...tiles.map(({ label = "" }) => label.length));
  const room = Math.floor((width * scale) / (longest * letter.width));
  const labelScale = Math.min(width * scale < 48 ? 1 : 2, room);
  const head = longest > 0 ? labelScale * letter.height : 0;
  const [cellWidth, cellHeight] = [width * scale + gap, height * scale + gap + head];
  const columns = layout.columns ?? Math.ceil(Math.sqrt((tiles.length * cellHeight) / cellWidth));
  const used = Math.min(columns, tiles.length);
  const top = layout.title === undefined ? gap : 2 * letter.height + 3 * gap;
  const canvas = new Canvas(
    Math.max(used * cellWidth + gap, 2 * letter.width * (layout.title?.length ?? 0) + 2 * gap),
    Math.ceil(tiles.length / used) * cellHeight + top,
    background,
  );
  if (layout.title !== undefined) canvas.write(layout.title, 2 * gap, 2 * gap, ink, 2);
  tiles.forEach(({ rgb, width: own, label }, i) => {
    const [x, y] = [gap + (i % used) * cellWidth, top + Math.floor(i / used) * cellHeight];
    if (label !== undefined && labelScale > 0) canvas.write(label, x, y, dim, labelScale);
    canvas.put(rgb, own, x, y + head, scale);
  });
  return canvas.image();
}
