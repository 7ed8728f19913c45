import { ArgumentError } from "../core/errors.ts";

/** One value for each channel, in units of the full scale: a byte `p` stands for p / 255. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Maps a byte to [0, 1] and changes nothing else. */
export function unitScale(channels: number): Normalization {
  return { mean: new Array<number>(channels).fill(0), std: new Array<number>(channels).fill(1) };
}

export function checkNormalization({ mean, std }: Normalization, channels: number): void {
  if (mean.length !== channels || std.length !== channels) {
    throw new ArgumentError(
      `normalization has ${mean.length} means and ${std.length} standard deviations, but images have ${channels} ` +
        `${channels === 1 ? "channel" : "channels"}`,
    );
  }
  const usable = mean.every(Number.isFinite) && std.every((s) => Number.isFinite(s) && s > 0);
  if (!usable) {
    throw new ArgumentError(
      `normalization needs finite means and positive standard deviations, but got mean [${mean.join(", ")}] ` +
        `and std [${std.join(", ")}]`,
    );
  }
}

/**
 * The float32 value of every byte in every channel: table[256c + p] = (p / 255 − mean[c]) / std[c].
 *
 * p / 255 is rounded to float32 first, as where an image is made one of floats before it is normalized.
 */
export function normalizationTable({ mean, std }: Normalization): Float32Array {
  const table = new Float32Array(256 * mean.length);
  mean.forEach((channelMean, channel) => {
    for (let byte = 0; byte < 256; byte++) {
      table[256 * channel + byte] = (Math.fround(byte / 255) - channelMean) / std[channel]!;
    }
  });
  return table;
}
