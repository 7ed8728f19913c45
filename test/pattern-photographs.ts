import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Random } from "../src/data/random.ts";
import { encodePng } from "../src/io/png-encode.ts";

/** Whether a pattern covers the place (x, y), both in [−1, 1]; `phase` is in [0, 1). */
type Pattern = (x: number, y: number, phase: number) => boolean;

export type PatternName = "rows" | "columns" | "disc" | "ring" | "board" | "frame";

/** Patterns that look the same in a mirror, so that a flip makes no other class of them. */
const patterns: Readonly<Record<PatternName, Pattern>> = {
  rows: (_x, y, phase) => Math.sin(9 * y + 6 * phase) > 0,
  columns: (x, _y, phase) => Math.sin(9 * x + 6 * phase) > 0,
  disc: (x, y, phase) => Math.hypot(x, y) < 0.55 + 0.15 * phase,
  ring: (x, y, phase) => Math.abs(Math.hypot(x, y) - 0.7) < 0.14 + 0.05 * phase,
  board: (x, y, phase) => Math.sin(7 * x + 6 * phase) * Math.sin(7 * y) > 0,
  frame: (x, y, phase) => Math.max(Math.abs(x), Math.abs(y)) > 0.7 + 0.1 * phase,
};

/** Writes `count` PNG images for each class into `dir/CLASS/`: a pattern in some colours, with noise. */
export async function writePatterns(
  dir: string,
  classes: readonly PatternName[],
  count: number,
  seed = 1,
): Promise<void> {
  const random = new Random(seed);
  for (const name of classes) {
    await mkdir(join(dir, name), { recursive: true });
    for (let i = 0; i < count; i++)
      await writeFile(join(dir, name, `${i}.png`), await drawPattern(name, random));
  }
}

async function drawPattern(name: PatternName, random: Random): Promise<Uint8Array> {
  const [width, height] = [20 + random.below(6), 18 + random.below(6)];
  const color = (low: number): number[] => Array.from({ length: 3 }, () => low + random.below(70));
  const [covered, ground] = [color(160), color(20)];
  const phase = random.uniform();
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / 3);
    const x = ((pixel % width) / width) * 2 - 1;
    const y = (Math.floor(pixel / width) / height) * 2 - 1;
    const base = (patterns[name](x, y, phase) ? covered : ground)[i % 3]!;
    data[i] = Math.max(0, Math.min(255, base + random.normal(0, 12)));
  }
  return encodePng({ width, height, channels: 3, data });
}
