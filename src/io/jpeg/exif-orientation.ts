import { hasSignature } from "../byte-reader.ts";

const exif = [0x45, 0x78, 0x69, 0x66, 0, 0];
const littleEndian = [0x49, 0x49, 0x2a, 0];
const bigEndian = [0x4d, 0x4d, 0, 0x2a];
const orientationTag = 0x0112;
const shortType = 3;

/**
 * How a camera was held, 1 to 8, from a segment APP1; `undefined` if it does not tell, or is damaged.
 *
 * Source: Exif 2.3, sections 4.5.2 (the structure, which is TIFF's) and 4.6.4 A (the tag).
 */
export function exifOrientation(segment: Uint8Array): number | undefined {
  if (!hasSignature(segment, exif)) return undefined;
  const tiff = segment.subarray(exif.length);
  const little = hasSignature(tiff, littleEndian);
  if ((!little && !hasSignature(tiff, bigEndian)) || tiff.length < 8) return undefined;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return undefined;
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + 12 * i;
    if (entry + 12 > tiff.length) return undefined;
    if (view.getUint16(entry, little) !== orientationTag) continue;
    const value = view.getUint16(entry + 8, little);
    const valid = view.getUint16(entry + 2, little) === shortType && value >= 1 && value <= 8;
    return valid ? value : undefined;
  }
  return undefined;
}
