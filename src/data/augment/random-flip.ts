import { movingMaps, type Transform } from "../transforms.ts";
import { checkRange } from "./check-option.ts";
import { scratchBytes } from "./scratch.ts";

/** Mirrors left and right with the given probability; a target with the image's height and width likewise. */
export function randomHorizontalFlip(probability = 0.5): Transform {
  checkRange("randomHorizontalFlip: probability", probability, 0, 1);
  return (sample, random) => {
    if (random.uniform() >= probability) return;
    for (const { values, width } of movingMaps(sample)) {
      for (let row = 0; row < values.length; row += width) values.subarray(row, row + width).reverse();
    }
  };
}

/** Mirrors top and bottom with the given probability; a target with the image's height and width likewise. */
export function randomVerticalFlip(probability = 0.5): Transform {
  checkRange("randomVerticalFlip: probability", probability, 0, 1);
  return (sample, random) => {
    if (random.uniform() >= probability) return;
    for (const { values, height, width } of movingMaps(sample)) {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      reverseRows(bytes, height, width * values.BYTES_PER_ELEMENT);
    }
  };
}

/** The order of the rows of each plane turned round. */
function reverseRows(bytes: Uint8Array, height: number, rowBytes: number): void {
  const kept = scratchBytes(rowBytes);
  for (let plane = 0; plane < bytes.length; plane += height * rowBytes) {
    for (let y = 0; y < height >> 1; y++) {
      const upper = plane + y * rowBytes;
      const lower = plane + (height - 1 - y) * rowBytes;
      kept.set(bytes.subarray(upper, upper + rowBytes));
      bytes.copyWithin(upper, lower, lower + rowBytes);
      bytes.set(kept, lower);
    }
  }
}
