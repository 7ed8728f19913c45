import { InitialStream } from "../../nn/random.ts";
import type { FieldType } from "./field-type.ts";
import { inversePoint, type Maps, pixel } from "./turn-maps.ts";

interface Wave {
  readonly kx: number;
  readonly ky: number;
  readonly phase: number;
  readonly amplitude: number;
}

const wavesEach = 24;

/**
 * Random smooth fields that are known between the pixels as well: sums of plane waves with at most `bandwidth` periods a
 * pixel, faded out towards the border of the inscribed disc.
 */
export class WaveImages {
  readonly #type: FieldType;
  readonly #size: number;
  /** For each image and channel. */
  readonly #waves: readonly (readonly Wave[])[];

  constructor(type: FieldType, size: number, images: number, bandwidth: number) {
    const random = new InitialStream();
    this.#type = type;
    this.#size = size;
    this.#waves = Array.from({ length: images * type.channels }, () =>
      Array.from({ length: wavesEach }, (): Wave => {
        // Uniform on the disc of frequencies.
        const k = 2 * Math.PI * bandwidth * Math.sqrt(random.uniform());
        const angle = 2 * Math.PI * random.uniform();
        return {
          kx: k * Math.cos(angle),
          ky: k * Math.sin(angle),
          phase: 2 * Math.PI * random.uniform(),
          amplitude: random.normal() * Math.sqrt(2 / wavesEach),
        };
      }),
    );
  }

  /** The images after an element of the group acted on them, sampled without any interpolation. */
  turned(g: number): Maps {
    const { channels } = this.#type;
    const size = this.#size;
    const area = size * size;
    const batch = this.#waves.length / channels;
    const data = new Float64Array(batch * channels * area);
    const vector = new Float64Array(channels);
    for (let i = 0; i < area; i++) {
      const [x, y] = pixel(i, size);
      const fade = fading(Math.hypot(x, y) / (size / 2));
      const [fromX, fromY] = inversePoint(this.#type, g, x, y);
      for (let n = 0; n < batch; n++) {
        for (let c = 0; c < channels; c++) {
          const waves = this.#waves[n * channels + c]!;
          vector[c] =
            fade *
            waves.reduce((sum, w) => sum + w.amplitude * Math.cos(w.kx * fromX + w.ky * fromY + w.phase), 0);
        }
        for (const [c, value] of this.#type.act(g, vector).entries())
          data[(n * channels + c) * area + i] = value;
      }
    }
    return { data, batch, channels, size };
  }
}

/** 1 up to half of the radius, 0 from nine tenths on, smooth between. */
function fading(r: number): number {
  const t = Math.min(1, Math.max(0, (r - 0.5) / 0.4));
  return 0.5 * (1 + Math.cos(Math.PI * t));
}
