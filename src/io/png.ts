import { FileError } from "../core/errors.ts";
import { inflateExactly } from "./deflate.ts";
import { checkImageSize, type Image } from "./image.ts";
import { type PngChunk, readPngChunks } from "./png-chunks.ts";
import { filterCount, unfilterRow } from "./png-filter.ts";
import { type PngHeader, type PngPass, paletteType, pngPasses, readPngHeader } from "./png-header.ts";

export { pngSignature } from "./png-chunks.ts";

/**
 * Decodes a PNG image of any colour type and bit depth, interlaced or not.
 *
 * Samples become 8 bits by round(255 · sample / (2^depth − 1)). A palette becomes RGB; transparency (tRNS) becomes an
 * alpha channel. Source: Portable Network Graphics (PNG) Specification, W3C, second edition.
 *
 * @throws FileError if the file is damaged, breaks the specification, or has more than `maxImageSamples`.
 */
export async function decodePng(bytes: Uint8Array, file: string): Promise<Image> {
  const chunks = readPngChunks(bytes, file);
  const header = readPngHeader(chunks[0]!, file);
  const { palette, transparency, data } = sortChunks(chunks, header, file);
  const channels = outputChannels(header, transparency !== undefined);
  const { width, height } = header;
  const at = data[0]!.at;
  checkImageSize(width, height, channels, file, at);

  const passes = pngPasses(header);
  const length = passes.reduce((sum, pass) => sum + pass.height * (1 + pass.bytesPerRow), 0);
  const parts = data.map((chunk) => chunk.data);
  const filtered = await inflateExactly(parts, "deflate", length, { file, what: "chunk IDAT", offset: at });

  const image: Image = { width, height, channels, data: new Uint8Array(width * height * channels) };
  const writePixel = pixelWriter(
    header,
    image,
    palette,
    transparency,
    (problem) => new FileError(file, problem, at),
  );
  const samples = new Uint16Array(Math.max(...passes.map((pass) => pass.width)) * header.samples);
  let offset = 0;
  for (const pass of passes) {
    let above: Uint8Array = new Uint8Array(pass.bytesPerRow);
    for (let y = 0; y < pass.height; y++) {
      const filter = filtered[offset]!;
      if (filter >= filterCount) throw new FileError(file, `unknown row filter ${filter}`, at);
      const row = filtered.subarray(offset + 1, offset + 1 + pass.bytesPerRow);
      unfilterRow(filter, row, above, Math.max(1, (header.samples * header.depth) >> 3));
      unpackSamples(row, header.depth, samples, pass.width * header.samples);
      writeRow(pass, y, width, header.samples, samples, writePixel);
      above = row;
      offset += 1 + pass.bytesPerRow;
    }
  }
  return image;
}

interface SortedChunks {
  readonly palette: Uint8Array | undefined;
  readonly transparency: Uint8Array | undefined;
  readonly data: readonly PngChunk[];
}

/** Picks the chunks that matter, and checks their number, order and length (sections 5.6, 11.2 and 11.3.2). */
function sortChunks(chunks: readonly PngChunk[], header: PngHeader, file: string): SortedChunks {
  const data: PngChunk[] = [];
  let palette: Uint8Array | undefined;
  let transparency: Uint8Array | undefined;
  let previous = "IHDR";
  for (const chunk of chunks.slice(1)) {
    const { type, at } = chunk;
    const fail = (problem: string) => new FileError(file, `chunk ${type}: ${problem}`, at);
    if (type === "PLTE") {
      if (palette || transparency || data.length > 0) throw fail("occurs twice or too late");
      checkPalette(chunk.data, header, fail);
      palette = chunk.data;
    } else if (type === "tRNS") {
      if (transparency || data.length > 0) throw fail("occurs twice or too late");
      checkTransparency(chunk.data, header, palette, fail);
      transparency = chunk.data;
    } else if (type === "IDAT") {
      if (data.length > 0 && previous !== "IDAT") throw fail("does not follow the one before it");
      data.push(chunk);
    } else if (type === "IEND") {
      if (chunk.data.length > 0) throw fail("is not empty");
      if (data.length === 0) throw fail("no IDAT comes before it");
    } else if (isCritical(type)) {
      throw fail("is not known, or out of place");
    }
    previous = type;
  }
  if (header.colorType === paletteType && !palette) throw new FileError(file, "no palette", data[0]!.at);
  return { palette, transparency, data };
}

/** A capital first letter says that an image cannot be shown without the chunk (section 5.4). */
function isCritical(type: string): boolean {
  return type[0]! < "a";
}

function checkPalette(
  data: Uint8Array,
  { colorType, depth }: PngHeader,
  fail: (problem: string) => FileError,
): void {
  if (colorType === 0 || colorType === 4) throw fail("a grey image has no palette");
  const most = colorType === paletteType ? 2 ** depth : 256;
  if (data.length % 3 !== 0 || data.length === 0 || data.length > 3 * most) {
    throw fail(`${data.length} bytes are not 1 to ${most} colours`);
  }
}

function checkTransparency(
  data: Uint8Array,
  { colorType }: PngHeader,
  palette: Uint8Array | undefined,
  fail: (problem: string) => FileError,
): void {
  if (colorType === paletteType) {
    if (!palette) throw fail("comes before the palette");
    if (data.length > palette.length / 3)
      throw fail(`${data.length} entries for ${palette.length / 3} colours`);
  } else if (colorType > paletteType) {
    throw fail("the image has an alpha channel");
  } else if (data.length !== (colorType === 0 ? 2 : 6)) {
    throw fail(`${data.length} bytes do not fit colour type ${colorType}`);
  }
}

function outputChannels(header: PngHeader, transparent: boolean): 1 | 2 | 3 | 4 {
  if (header.colorType === paletteType) return transparent ? 4 : 3;
  return transparent ? ((header.samples + 1) as 2 | 4) : header.samples;
}

/** Takes the samples of a row apart; those of less than a byte are packed from the high bits (section 7.2). */
function unpackSamples(row: Uint8Array, depth: number, samples: Uint16Array, count: number): void {
  if (depth === 16) {
    for (let i = 0; i < count; i++) samples[i] = (row[2 * i]! << 8) | row[2 * i + 1]!;
  } else if (depth === 8) {
    for (let i = 0; i < count; i++) samples[i] = row[i]!;
  } else {
    const mask = 2 ** depth - 1;
    for (let i = 0; i < count; i++) {
      const bit = i * depth;
      samples[i] = (row[bit >> 3]! >> (8 - depth - (bit & 7))) & mask;
    }
  }
}

/** Writes the pixel whose samples begin at `samples[from]` as pixel number `pixel` of the image. */
type PixelWriter = (samples: Uint16Array, from: number, pixel: number) => void;

function writeRow(
  pass: PngPass,
  y: number,
  imageWidth: number,
  samplesPerPixel: number,
  samples: Uint16Array,
  writePixel: PixelWriter,
): void {
  let pixel = (pass.top + y * pass.stepY) * imageWidth + pass.left;
  for (let x = 0; x < pass.width; x++, pixel += pass.stepX) writePixel(samples, x * samplesPerPixel, pixel);
}

function pixelWriter(
  header: PngHeader,
  image: Image,
  palette: Uint8Array | undefined,
  transparency: Uint8Array | undefined,
  fail: (problem: string) => FileError,
): PixelWriter {
  const { data, channels } = image;
  if (header.colorType === paletteType) {
    return (samples, from, pixel) => {
      const index = samples[from]!;
      const color = palette!.subarray(3 * index, 3 * index + 3);
      if (color.length === 0)
        throw fail(`pixel ${pixel} has colour ${index}, which the palette does not hold`);
      data.set(color, pixel * channels);
      if (channels === 4) data[pixel * 4 + 3] = transparency![index] ?? 255;
    };
  }
  const { depth, samples: count } = header;
  const largest = 2 ** depth - 1;
  // The one colour that is transparent, compared at the file's own depth (section 11.3.2.1).
  const keyView = transparency && new DataView(transparency.buffer, transparency.byteOffset);
  const key = keyView && Array.from({ length: count }, (_, c) => keyView.getUint16(2 * c));
  return (samples, from, pixel) => {
    const target = pixel * channels;
    let differs = false;
    for (let c = 0; c < count; c++) {
      const sample = samples[from + c]!;
      data[target + c] = depth === 8 ? sample : Math.round((sample * 255) / largest);
      if (key && sample !== key[c]) differs = true;
    }
    if (key) data[target + count] = differs ? 255 : 0;
  };
}
