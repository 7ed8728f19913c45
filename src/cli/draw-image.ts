import { resize } from "../data/resize.ts";
import type { Image } from "../io/image.ts";
import { padTo } from "./draw-table.ts";
import type { Style } from "./style.ts";

/** From no ink to full ink, by how much of a character's cell is covered. */
const ramp = " .:-=+*#%@";

/**
 * A grey image in characters, each of which shows two pixels, one above the other.
 *
 * With colours they are half blocks in 24 greys, and otherwise ASCII characters of growing darkness.
 *
 * @param columns the greatest width; a wider image is made smaller.
 */
export function drawImage(image: Image, columns: number, style: Style): string[] {
  const width = Math.min(image.width, columns);
  const height = Math.max(1, Math.round((image.height * width) / image.width));
  const { data } = width === image.width ? image : resize(image, { width, height, filter: "bilinear" });
  const at = (x: number, y: number): number => (y < height ? data[y * width + x]! : 0);
  const lines: string[] = [];
  for (let y = 0; y < height; y += 2) {
    let line = "";
    for (let x = 0; x < width; x++) {
      const [upper, lower] = [at(x, y), at(x, y + 1)];
      line += style.colors
        ? `\x1b[38;5;${greyColor(upper)};48;5;${greyColor(lower)}m▀`
        : ramp[Math.round(((upper + lower) / 510) * (ramp.length - 1))];
    }
    lines.push(style.colors ? `${line}\x1b[0m` : line);
  }
  return lines;
}

/** The nearest of the 24 greys in the palette of 256 colours: number 232 + i is 8 + 10i. */
function greyColor(value: number): number {
  return 232 + Math.round((value * 23) / 255);
}

/** Puts pictures with their captions next to one another, as many in a row as fit. */
export function arrange(pictures: readonly (readonly string[])[], width: number, columns: number): string[] {
  const gap = 3;
  const perRow = Math.max(1, Math.floor((columns + gap) / (width + gap)));
  const lines: string[] = [];
  for (let first = 0; first < pictures.length; first += perRow) {
    const row = pictures.slice(first, first + perRow);
    if (first > 0) lines.push("");
    for (let y = 0; y < Math.max(...row.map((picture) => picture.length)); y++) {
      lines.push(
        row
          .map((picture) => padTo(picture[y] ?? "", width))
          .join(" ".repeat(gap))
          .trimEnd(),
      );
    }
  }
  return lines;
}
