import type { Dataset } from "../data/dataset.ts";
import type { ImageShape } from "../data/source.ts";
import type { Image } from "../io/image.ts";
import type { Classifier } from "./classifier.ts";
import { arrange, drawImage } from "./draw-image.ts";
import { padTo } from "./draw-table.ts";
import { formatPercent, shorten } from "./format.ts";
import type { Style } from "./style.ts";

export interface JudgedSample {
  /** Its number in the dataset. */
  readonly index: number;
  readonly label: number;
  readonly prediction: number;
  /** Of the prediction. */
  readonly probability: number;
}

export interface Gallery {
  /** The first right ones, each of another class as long as there are some. */
  readonly right: readonly JudgedSample[];
  /** Those of which the network was surest, from the surest on. */
  readonly wrong: readonly JudgedSample[];
}

/** Picks up to `count` right and as many wrong samples. */
export async function pickSamples(classifier: Classifier, dataset: Dataset, count: number): Promise<Gallery> {
  const right = new Map<number, JudgedSample>();
  const wrong: JudgedSample[] = [];
  const batchSize = 256;
  for await (const batch of dataset.batches(batchSize)) {
    const ranked = await classifier.rank(batch.images, batch.shape);
    ranked.forEach(([top], i) => {
      const sample = {
        index: batch.index * batchSize + i,
        label: batch.labels[i]!,
        prediction: top!.index,
        probability: top!.probability,
      };
      if (sample.label !== sample.prediction) wrong.push(sample);
      else if (right.size < count && !right.has(sample.label)) right.set(sample.label, sample);
    });
  }
  wrong.sort((a, b) => b.probability - a.probability);
  return { right: [...right.values()], wrong: wrong.slice(0, count) };
}

/** Three of this width fit next to one another in 80 columns. */
const pictureWidth = 24;

/** Draws samples with their labels, the predictions and how sure the network was of them. */
export async function drawSamples(
  samples: readonly JudgedSample[],
  dataset: Dataset,
  columns: number,
  style: Style,
): Promise<string[]> {
  const pictures = samples.map(async ({ index, label, prediction, probability }) => {
    const { pixels } = await dataset.sample(index);
    const verdict = ` ${formatPercent(probability, 1)}`;
    const name = (text: string, room: number): string => shorten(text, pictureWidth - 6 - room);
    const guess = `model ${name(dataset.classes[prediction]!, verdict.length)}${verdict}`;
    return [
      ...drawImage(grayOf(pixels, dataset.imageShape), pictureWidth, style).map((line) =>
        padTo(line, pictureWidth),
      ),
      `label ${name(dataset.classes[label]!, 0)}`,
      label === prediction ? style.good(guess) : style.bad(guess),
    ];
  });
  return arrange(await Promise.all(pictures), pictureWidth, columns);
}

/** The mean of the channels of an image (C, H, W). */
function grayOf(pixels: Uint8Array, [channels, height, width]: ImageShape): Image {
  const plane = height * width;
  const data = Uint8Array.from({ length: plane }, (_, i) => {
    let total = 0;
    for (let c = 0; c < channels; c++) total += pixels[c * plane + i]!;
    return Math.round(total / channels);
  });
  return { width, height, channels: 1, data };
}
