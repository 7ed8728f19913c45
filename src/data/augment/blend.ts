/**
 * a + α(b − a) of two bytes in float32 arithmetic, cut to [0, 255] and truncated; α may lie outside of [0, 1].
 *
 * All of Pillow's enhancements are such blends of an image b with a degenerate form a of it.
 */
export function blend(a: number, b: number, alpha: number): number {
  const mixed = Math.fround(a + Math.fround(alpha * (b - a)));
  return mixed <= 0 ? 0 : mixed >= 255 ? 255 : Math.trunc(mixed);
}

/** Replaces every byte by the table's value for it. */
export function applyTable(image: Uint8Array, table: Uint8Array): void {
  for (let i = 0; i < image.length; i++) image[i] = table[image[i]!]!;
}
