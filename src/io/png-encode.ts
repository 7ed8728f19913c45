import { deflate } from "./deflate.ts";
import { checkImage, type Image } from "./image.ts";
import { bigEndian32, writePngChunks } from "./png-chunks.ts";
import { filterCount, filterRow } from "./png-filter.ts";

const colorTypeOfChannels = { 1: 0, 2: 4, 3: 2, 4: 6 } as const;

/**
 * Encodes an image as PNG, 8 bits a sample, not interlaced.
 *
 * Each row gets the filter whose residues have the least sum of magnitudes (PNG specification, section 12.8).
 *
 * @throws ArgumentError if the image's data does not fill its size.
 */
export async function encodePng(image: Image): Promise<Uint8Array> {
  checkImage(image);
  const { width, height, channels } = image;
  const header = new Uint8Array(13);
  header.set(bigEndian32(width), 0);
  header.set(bigEndian32(height), 4);
  header.set([8, colorTypeOfChannels[channels], 0, 0, 0], 8);
  return writePngChunks([
    ["IHDR", header],
    ["IDAT", await deflate(filterImage(image), "deflate")],
    ["IEND", new Uint8Array(0)],
  ]);
}

function filterImage({ width, height, channels, data }: Image): Uint8Array {
  const rowBytes = width * channels;
  const filtered = new Uint8Array(height * (1 + rowBytes));
  const candidate = new Uint8Array(rowBytes);
  let above: Uint8Array = new Uint8Array(rowBytes);
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * rowBytes, (y + 1) * rowBytes);
    const target = filtered.subarray(y * (1 + rowBytes), (y + 1) * (1 + rowBytes));
    let least = Number.POSITIVE_INFINITY;
    for (let filter = 0; filter < filterCount; filter++) {
      const sum = filterRow(filter, row, above, channels, candidate);
      if (sum >= least) continue;
      least = sum;
      target[0] = filter;
      target.set(candidate, 1);
    }
    above = row;
  }
  return filtered;
}
