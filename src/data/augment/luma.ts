import { ArgumentError } from "../../core/errors.ts";
import type { ImageShape } from "../source.ts";

/** @throws ArgumentError unless the image is grey or RGB. */
export function requireColors(operation: string, [channels]: ImageShape): void {
  if (channels === 1 || channels === 3) return;
  throw new ArgumentError(`${operation} is for grey and RGB images, but the image has ${channels} channels`);
}

/** Y = 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601) of three bytes, rounded, by factors of 16 bits. */
export function luma(red: number, green: number, blue: number): number {
  return (19_595 * red + 38_470 * green + 7_471 * blue + 0x8000) >> 16;
}
