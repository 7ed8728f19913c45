import { FileError } from "../../core/errors.ts";
import { ByteReader, hasSignature } from "../byte-reader.ts";
import type { Image } from "../image.ts";
import { orientImage } from "../orient-image.ts";
import { BitReader } from "./bit-reader.ts";
import { colorsOf, toImage } from "./color.ts";
import { exifOrientation } from "./exif-orientation.ts";
import { isFrameMarker, type JpegFrame, readFrame } from "./frame.ts";
import { reconstruct } from "./progressive-blocks.ts";
import { decodeScan } from "./scan.ts";
import { readScanHeader } from "./scan-header.ts";
import { JpegTables } from "./tables.ts";

export const jpegSignature: readonly number[] = [0xff, 0xd8, 0xff];

export interface JpegOptions {
  /** Turns the image as Exif's orientation says, as viewers do; `true` unless told. */
  readonly upright?: boolean;
}

/** More scans than any encoder writes: a small file of many could keep a decoder busy for hours. */
const mostScans = 100;

/** Markers without a segment: TEM, RST0 to RST7 and SOI. */
const isLone = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);

/**
 * Decodes a JPEG image: baseline, extended sequential or progressive, Huffman-coded, 8 bits a sample, grey, YCbCr, RGB,
 * CMYK or YCCK with any subsampling by whole numbers.
 *
 * Samples are those of libjpeg-turbo as its defaults are (accurate integer DCT, fancy upsampling) in every bit; inks
 * become RGB as in Pillow. Source: ITU-T T.81; JFIF 1.02; Adobe Technical Note 5116.
 *
 * @throws FileError if the file is cut off, damaged, over the limit of samples, or of a kind that is not supported:
 * arithmetic, lossless or hierarchical coding, 12 bits a sample.
 */
export function decodeJpeg(bytes: Uint8Array, file: string, { upright = true }: JpegOptions = {}): Image {
  if (!hasSignature(bytes, jpegSignature)) throw new FileError(file, "is no JPEG image", 0);
  const reader = new ByteReader(bytes, file, 2);
  const tables = new JpegTables();
  let frame: JpegFrame | undefined;
  let [jfif, orientation, scans] = [false, 1, 0];
  let adobe: number | undefined;
  const decoded = new Set<number>();

  for (;;) {
    // The only scan of most files ends the picture, whatever follows it.
    if (frame && !frame.progressive && decoded.size === frame.components.length) break;
    const at = nextMarker(reader);
    const marker = bytes[at + 1]!;
    if (marker === 0xd9) break;
    if (isLone(marker)) continue;
    const segment = takeSegment(reader);
    if (isFrameMarker(marker)) {
      if (frame) throw reader.error("a second frame header", at);
      frame = readFrame(segment, marker, reader.left);
    } else if (marker === 0xda) {
      if (!frame) throw reader.error("a scan comes before the frame header", at);
      if (++scans > mostScans) throw reader.error(`more than ${mostScans} scans`, at);
      const scan = readScanHeader(segment, frame, tables);
      for (const { component } of scan.parts) {
        component.steps ??= tables.stepsFor(component, segment);
        if (scan.first === 0) decoded.add(component.id);
      }
      const bits = new BitReader(bytes, file, reader.offset);
      decodeScan(frame, scan, bits, tables.restartInterval);
      reader.offset = bits.offset;
    } else if (marker === 0xe0) {
      jfif ||= hasSignature(segment.bytes, [0x4a, 0x46, 0x49, 0x46, 0], segment.offset);
    } else if (marker === 0xe1) {
      orientation = exifOrientation(segment.bytes.subarray(segment.offset)) ?? orientation;
    } else if (marker === 0xee) {
      const isAdobe = hasSignature(segment.bytes, [0x41, 0x64, 0x6f, 0x62, 0x65], segment.offset);
      if (isAdobe && segment.left >= 12) adobe = segment.bytes[segment.offset + 11];
    } else {
      tables.read(marker, segment);
    }
  }
  if (!frame) throw reader.error("the image ends without a frame header");
  const missing = frame.components.find(({ id }) => !decoded.has(id));
  if (missing) throw reader.error(`the image ends without a scan of component ${missing.id}`);
  if (frame.progressive) reconstruct(frame);
  const image = toImage(frame, colorsOf(frame, jfif, adobe));
  return upright ? orientImage(image, orientation) : image;
}

/** Goes behind the next marker, and gives where it is; what stands before it means nothing (T.81, B.1.1.2). */
function nextMarker(reader: ByteReader): number {
  const { bytes } = reader;
  for (let at = reader.offset; at + 1 < bytes.length; at++) {
    const next = bytes[at + 1]!;
    if (bytes[at] !== 0xff || next === 0 || next === 0xff) continue;
    reader.offset = at + 2;
    return at;
  }
  throw reader.error("the file ends before the image does", bytes.length);
}

/** Goes behind a segment, and gives a reader of its content that counts from the file's begin. */
function takeSegment(reader: ByteReader): ByteReader {
  const at = reader.offset;
  const length = reader.u16("the length of a segment", false);
  if (length < 2) throw reader.error(`a segment of ${length} bytes`, at);
  reader.take(length - 2, "a segment");
  return new ByteReader(reader.bytes.subarray(0, at + length), reader.file, at + 2);
}
