import { ArgumentError, FileError } from "../core/errors.ts";

/** An image of 8 bits a sample: rows from the top, pixels from the left, channels interleaved (H W C). */
export interface Image {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha; alpha is not premultiplied. */
  readonly channels: 1 | 2 | 3 | 4;
  /** height × width × channels samples. */
  readonly data: Uint8Array;
}

/** The most samples that an image may have: 2^28, which is 256 MiB. */
export const maxImageSamples: number = 2 ** 28;

/** Checks the size that a file declares, before anything of that size is allocated. */
export function checkImageSize(
  width: number,
  height: number,
  channels: number,
  file: string,
  offset: number,
): void {
  if (width < 1 || height < 1)
    throw new FileError(file, `an image of ${width} × ${height} has no pixels`, offset);
  if (width * height * channels > maxImageSamples) {
    const size = `${width} × ${height} × ${channels}`;
    throw new FileError(file, `an image of ${size} samples is over the limit of ${maxImageSamples}`, offset);
  }
}

/** Checks an image that is about to be written. @throws ArgumentError if its samples do not fill its size. */
export function checkImage({ width, height, channels, data }: Image): void {
  const natural = [width, height].every((extent) => Number.isSafeInteger(extent) && extent > 0);
  if (!natural || ![1, 2, 3, 4].includes(channels) || data.length !== width * height * channels) {
    throw new ArgumentError(
      `${data.length} samples do not make an image of ${width} × ${height} × ${channels}`,
    );
  }
  if (data.length > maxImageSamples) {
    throw new ArgumentError(`an image of ${data.length} samples is over the limit of ${maxImageSamples}`);
  }
}

/**
 * Grey by Y = 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), of the colour composited over white where there is alpha.
 *
 * A grey image without alpha is returned as it is.
 */
export function toGray(image: Image): Image {
  const { width, height, channels, data } = image;
  if (channels === 1) return image;
  const gray = new Uint8Array(width * height);
  for (let pixel = 0, at = 0; pixel < gray.length; pixel++, at += channels) {
    const luma =
      channels === 2 ? data[at]! : 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
    const alpha = channels === 3 ? 1 : data[at + channels - 1]! / 255;
    gray[pixel] = Math.round(luma * alpha + 255 * (1 - alpha));
  }
  return { width, height, channels: 1, data: gray };
}
