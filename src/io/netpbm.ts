import { ArgumentError, FileError } from "../core/errors.ts";
import { checkImage, checkImageSize, type Image } from "./image.ts";

/**
 * Decodes a PGM or PPM image, plain (P2, P3) or raw (P5, P6); of several in one file the first.
 *
 * A sample of maxval m becomes round(255 · sample / m). Source: netpbm's pgm(5) and ppm(5).
 *
 * @throws FileError if the header is not valid, a sample exceeds maxval, or samples are missing.
 */
export function decodeNetpbm(bytes: Uint8Array, file: string): Image {
  const reader = new NetpbmReader(bytes, file);
  const { plain, channels } = reader.magic();
  const sizeAt = reader.offset;
  const width = reader.natural("the width", 2 ** 31 - 1);
  const height = reader.natural("the height", 2 ** 31 - 1);
  const maxval = reader.natural("maxval", 65535);
  if (maxval === 0) throw new FileError(file, "maxval is 0", reader.offset);
  checkImageSize(width, height, channels, file, sizeAt);

  const samples = width * height * channels;
  if (!plain) reader.singleSpace();
  // A plain sample takes a space and a digit.
  const bytesPerSample = maxval < 256 ? 1 : 2;
  const needed = plain ? 2 * samples : samples * bytesPerSample;
  if (needed > reader.left) {
    const size = `${width} × ${height} × ${channels}`;
    throw new FileError(
      file,
      `${size} samples take at least ${needed} bytes, ${reader.left} follow`,
      reader.offset,
    );
  }
  const data = new Uint8Array(samples);
  for (let i = 0; i < samples; i++) {
    const sample = plain ? reader.natural("a sample", maxval) : reader.raw(bytesPerSample, maxval);
    data[i] = maxval === 255 ? sample : Math.round((255 * sample) / maxval);
  }
  return { width, height, channels, data };
}

class NetpbmReader {
  readonly #bytes: Uint8Array;
  readonly #file: string;
  offset = 0;

  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes;
    this.#file = file;
  }

  get left(): number {
    return this.#bytes.length - this.offset;
  }

  magic(): { plain: boolean; channels: 1 | 3 } {
    const digit = this.#bytes[0] === 0x50 ? String.fromCharCode(this.#bytes[1] ?? 0) : "";
    this.offset = 2;
    switch (digit) {
      case "2":
        return { plain: true, channels: 1 };
      case "3":
        return { plain: true, channels: 3 };
      case "5":
        return { plain: false, channels: 1 };
      case "6":
        return { plain: false, channels: 3 };
      default:
        throw new FileError(this.#file, "not a PGM or PPM image: it does not begin with P2, P3, P5 or P6", 0);
    }
  }

  /** A decimal number after white space and comments. */
  natural(what: string, largest: number): number {
    this.#skipSpaceAndComments(what);
    const start = this.offset;
    let value = 0;
    while (isDigit(this.#bytes[this.offset])) {
      value = 10 * value + this.#bytes[this.offset++]! - 0x30;
      if (value > largest) throw new FileError(this.#file, `${what} is over ${largest}`, start);
    }
    if (this.offset === start) throw new FileError(this.#file, `${what} is missing`, start);
    return value;
  }

  /** What stands between the header and the samples, so that a raw sample may look like white space. */
  singleSpace(): void {
    if (!isSpace(this.#bytes[this.offset])) {
      throw new FileError(this.#file, "white space must follow maxval", this.offset);
    }
    this.offset++;
  }

  /** A big-endian sample; the caller has checked that enough bytes are left. */
  raw(size: 1 | 2, maxval: number): number {
    const first = this.#bytes[this.offset]!;
    const value = size === 1 ? first : (first << 8) | this.#bytes[this.offset + 1]!;
    if (value > maxval)
      throw new FileError(this.#file, `the sample ${value} is over maxval ${maxval}`, this.offset);
    this.offset += size;
    return value;
  }

  #skipSpaceAndComments(what: string): void {
    const start = this.offset;
    for (;;) {
      const byte = this.#bytes[this.offset];
      if (isSpace(byte)) this.offset++;
      else if (byte === 0x23) this.#skipLine();
      else break;
    }
    if (this.offset === start)
      throw new FileError(this.#file, `white space must stand before ${what}`, start);
  }

  #skipLine(): void {
    while (this.left > 0 && this.#bytes[this.offset] !== 0x0a && this.#bytes[this.offset] !== 0x0d)
      this.offset++;
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}

/**
 * Encodes a grey image as raw PGM (P5), an RGB image as raw PPM (P6).
 *
 * @throws ArgumentError for an image with alpha, which the formats do not have.
 */
export function encodeNetpbm(image: Image): Uint8Array {
  checkImage(image);
  const { width, height, channels, data } = image;
  if (channels !== 1 && channels !== 3) throw new ArgumentError("PGM and PPM have no alpha channel: use PNG");
  const header = new TextEncoder().encode(`${channels === 1 ? "P5" : "P6"}\n${width} ${height}\n255\n`);
  const bytes = new Uint8Array(header.length + data.length);
  bytes.set(header);
  bytes.set(data, header.length);
  return bytes;
}
