import type { Draw } from "../src/core/draw.ts";

/** Parts one after the other. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const extremes: readonly number[] = [0, 1, 0x7f, 0x80, 0xff];

/** One damage of the kinds that disks, networks and attackers do. */
export function breakBytes(bytes: Uint8Array, draw: Draw): Uint8Array {
  const at = draw.int(0, bytes.length);
  const length = draw.int(0, Math.min(16, bytes.length - at));
  const before = bytes.subarray(0, at);
  const middle = bytes.subarray(at, at + length);
  const after = bytes.subarray(at + length);
  switch (draw.int(0, 6)) {
    case 0:
      return before;
    case 1:
      return joined(before, after);
    case 2:
      return joined(before, middle, middle, after);
    case 3:
      return joined(after, before);
    case 4:
      return joined(
        before,
        Uint8Array.from(middle, () => draw.int(0, 255)),
        after,
      );
    case 5:
      return joined(before, middle.slice().fill(draw.pick(extremes)), after);
    default: {
      const flipped = new Uint8Array(bytes);
      for (let flips = draw.int(1, 4); flips > 0 && flipped.length > 0; flips--) {
        flipped[draw.int(0, flipped.length - 1)]! ^= 1 << draw.int(0, 7);
      }
      return flipped;
    }
  }
}
