import { Draw } from "../core/draw.ts";
import type { Shape } from "../core/shape.ts";
import { type Tensor, tensor } from "../core/tensor.ts";

/** Plane waves in each channel. */
const waves = 48;

/**
 * Smooth random images [count, C, H, W] of mean 0 and variance near 1, as natural images are on average: sums of plane
 * waves whose amplitude falls with the frequency (a power spectrum of 1/f²).
 *
 * They have whole numbers of periods, so that nothing breaks where a circular shift joins two sides. Channels share half
 * of their waves.
 */
export function randomFields(count: number, [channels, height, width]: Shape, seed = 0): Tensor {
  const draw = new Draw(seed);
  const plane = height! * width!;
  const data = new Float32Array(count * channels! * plane);
  for (let n = 0; n < count; n++) {
    const shared = drawWaves(draw, height!, width!, waves / 2);
    for (let c = 0; c < channels!; c++) {
      const all = [...shared, ...drawWaves(draw, height!, width!, waves / 2)];
      addWaves(data.subarray((n * channels! + c) * plane, (n * channels! + c + 1) * plane), width!, all);
    }
  }
  return tensor(data, { shape: [count, channels!, height!, width!] });
}

interface Wave {
  /** Radians from one row, and from one column, to the next. */
  readonly y: number;
  readonly x: number;
  readonly phase: number;
  readonly amplitude: number;
}

function drawWaves(draw: Draw, height: number, width: number, count: number): Wave[] {
  const highest = Math.min(height, width) / 2;
  return Array.from({ length: count }, () => {
    // Every octave has as many waves as any other, which is a spectrum of 1/f² in the plane.
    const frequency = highest ** draw.unit();
    const direction = draw.float(0, 2 * Math.PI);
    const whole = (extent: number, part: number): number =>
      (2 * Math.PI * Math.round((frequency * part * extent) / Math.min(height, width))) / extent;
    return {
      y: whole(height, Math.sin(direction)),
      x: whole(width, Math.cos(direction)),
      phase: draw.float(0, 2 * Math.PI),
      amplitude: Math.sqrt(2 / waves),
    };
  });
}

/** cos(y i + x j + φ) = cos(y i + φ) cos(x j) − sin(y i + φ) sin(x j), from one table for the columns. */
function addWaves(plane: Float32Array, width: number, all: readonly Wave[]): void {
  for (const { y, x, phase, amplitude } of all) {
    const cosines = Float64Array.from({ length: width }, (_, j) => Math.cos(x * j));
    const sines = Float64Array.from({ length: width }, (_, j) => Math.sin(x * j));
    for (let i = 0; i * width < plane.length; i++) {
      const [a, b] = [amplitude * Math.cos(y * i + phase), amplitude * Math.sin(y * i + phase)];
      for (let j = 0; j < width; j++) plane[i * width + j]! += a * cosines[j]! - b * sines[j]!;
    }
  }
}
