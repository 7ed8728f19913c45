import { FileError } from "../core/errors.ts";
import { checkImageSize } from "./image.ts";
import type { PngChunk } from "./png-chunks.ts";

/** Colour types by number (PNG specification, section 11.2.1). */
const colorTypes: Readonly<Record<number, { samples: 1 | 2 | 3 | 4; depths: readonly number[] }>> = {
  0: { samples: 1, depths: [1, 2, 4, 8, 16] },
  2: { samples: 3, depths: [8, 16] },
  3: { samples: 1, depths: [1, 2, 4, 8] },
  4: { samples: 2, depths: [8, 16] },
  6: { samples: 4, depths: [8, 16] },
};
export const paletteType = 3;

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colorType: number;
  readonly interlaced: boolean;
  /** Samples of a pixel as stored: a palette index counts as one. */
  readonly samples: 1 | 2 | 3 | 4;
}

/** Reads IHDR, the first chunk of a PNG file. */
export function readPngHeader(chunk: PngChunk, file: string): PngHeader {
  const { type, data, at } = chunk;
  const fail = (problem: string) => new FileError(file, problem, at);
  if (type !== "IHDR" || data.length !== 13) throw fail("the first chunk is not IHDR with 13 bytes");
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, colorType, compression, filter, interlace] = data.subarray(8);
  const kind = colorTypes[colorType!];
  if (kind === undefined) throw fail(`unknown colour type ${colorType}`);
  if (!kind.depths.includes(depth!)) throw fail(`colour type ${colorType} has no bit depth ${depth}`);
  if (compression !== 0 || filter !== 0)
    throw fail(`unknown compression ${compression} or filter method ${filter}`);
  if (interlace! > 1) throw fail(`unknown interlace method ${interlace}`);
  checkImageSize(width, height, kind.samples, file, at);
  return {
    width,
    height,
    depth: depth!,
    colorType: colorType!,
    interlaced: interlace === 1,
    samples: kind.samples,
  };
}

/** A subimage whose rows are stored together: pixel (x, y) of it is pixel (left + x·stepX, top + y·stepY). */
export interface PngPass {
  readonly left: number;
  readonly top: number;
  readonly stepX: number;
  readonly stepY: number;
  readonly width: number;
  readonly height: number;
  readonly bytesPerRow: number;
}

/** Adam7 (section 8.2): left, top, stepX, stepY of the seven passes. */
const adam7: readonly (readonly [number, number, number, number])[] = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/** The passes that have pixels, in the order in which the file holds them. */
export function pngPasses(header: PngHeader): PngPass[] {
  const grid = header.interlaced ? adam7 : [[0, 0, 1, 1] as const];
  return grid
    .map(([left, top, stepX, stepY]) => {
      const width = Math.ceil((header.width - left) / stepX);
      const height = Math.ceil((header.height - top) / stepY);
      const bytesPerRow = Math.ceil((width * header.samples * header.depth) / 8);
      return { left, top, stepX, stepY, width, height, bytesPerRow };
    })
    .filter(({ width, height }) => width > 0 && height > 0);
}
