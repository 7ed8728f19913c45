import { FileError } from "../core/errors.ts";
import { hasSignature } from "./byte-reader.ts";
import type { Image } from "./image.ts";
import { decodeJpeg, type JpegOptions, jpegSignature } from "./jpeg/decode-jpeg.ts";
import { decodeNetpbm } from "./netpbm.ts";
import { decodePng, pngSignature } from "./png.ts";

/** Formats that are known by their first bytes but not read here. */
const unsupported: readonly (readonly [name: string, magic: readonly number[], offset?: number])[] = [
  ["GIF", [0x47, 0x49, 0x46, 0x38]],
  ["WebP", [0x57, 0x45, 0x42, 0x50], 8],
  ["BMP", [0x42, 0x4d]],
  ["TIFF", [0x49, 0x49, 0x2a, 0x00]],
  ["TIFF", [0x4d, 0x4d, 0x00, 0x2a]],
  ["AVIF or HEIF", [0x66, 0x74, 0x79, 0x70], 4],
  ["PBM", [0x50, 0x31]],
  ["PBM", [0x50, 0x34]],
  ["PAM", [0x50, 0x37]],
];

/** The file names' endings of the formats that can be read, in lower case. */
export const imageExtensions: readonly string[] = [".jpg", ".jpeg", ".png", ".pgm", ".ppm"];

/**
 * Decodes a JPEG, PNG, PGM or PPM image, told apart by its first bytes.
 *
 * @throws FileError if the format is another one, or the file is damaged.
 */
export async function decodeImage(
  bytes: Uint8Array,
  file: string,
  options: JpegOptions = {},
): Promise<Image> {
  if (hasSignature(bytes, jpegSignature)) return decodeJpeg(bytes, file, options);
  if (hasSignature(bytes, pngSignature)) return decodePng(bytes, file);
  if (bytes[0] === 0x50 && [0x32, 0x33, 0x35, 0x36].includes(bytes[1]!)) return decodeNetpbm(bytes, file);
  const known = unsupported.find(([, magic, offset]) => hasSignature(bytes, magic, offset));
  const problem = known
    ? `${known[0]} is not supported here: convert the image to JPEG or PNG`
    : "unknown image format: JPEG, PNG, PGM and PPM can be read";
  throw new FileError(file, problem, 0);
}
