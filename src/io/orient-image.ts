import type { Image } from "./image.ts";

/**
 * Turns and mirrors a stored image to what it shows, by Exif's orientation 1 to 8.
 *
 * The number tells where the first row and the first column lie: 2 mirrored, 3 turned by 180°, 4 upside down, 5 to 8 with
 * rows and columns exchanged (Exif 2.3, section 4.6.4 A). 1 gives the image itself.
 */
export function orientImage(image: Image, orientation: number): Image {
  if (orientation === 1) return image;
  const { channels, data } = image;
  const exchanged = orientation >= 5;
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBottom = [3, 4, 6, 7].includes(orientation);
  const [width, height] = exchanged ? [image.height, image.width] : [image.width, image.height];
  const turned = new Uint8Array(data.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += channels) {
      const [column, row] = exchanged ? [y, x] : [x, y];
      const storedX = fromRight ? image.width - 1 - column : column;
      const storedY = fromBottom ? image.height - 1 - row : row;
      const from = (storedY * image.width + storedX) * channels;
      for (let c = 0; c < channels; c++) turned[to + c] = data[from + c]!;
    }
  }
  return { width, height, channels, data: turned };
}
