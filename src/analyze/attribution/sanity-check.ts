import type { Tensor } from "../../core/tensor.ts";
import type { Module } from "../../nn/module.ts";
import { withMode } from "../../nn/with-mode.ts";
import { rankCorrelation } from "../rank-correlation.ts";
import { structuralSimilarity } from "../structural-similarity.ts";
import { reached } from "../work.ts";
import { attributeTo } from "./attribute.ts";
import type { AttributionMethod, AttributionOptions } from "./attribution.ts";
import { subjectOf } from "./subject.ts";
import { randomize, weightLayers } from "./weight-layers.ts";

export interface SanityCheckOptions extends AttributionOptions {
  readonly class?: number;
  /** Layers are randomized from the output on and stay so ("cascading", the default), or each alone. */
  readonly mode?: "cascading" | "independent";
  /** At most so many steps, of layers at even distances; default every layer. */
  readonly most?: number;
}

/** How much of a map is left when some weights are random. */
export interface SanityStep {
  readonly method: AttributionMethod;
  /** The weight that was randomized last; in cascading order those before it are random too. */
  readonly layer: string;
  /** Spearman's correlation of the magnitudes with those of the trained network; NaN for a map of one value. */
  readonly rankCorrelation: number;
  /** Structural similarity of the magnitudes. */
  readonly structuralSimilarity: number;
}

export interface SanityCheck {
  readonly mode: "cascading" | "independent";
  readonly class: number;
  readonly steps: readonly SanityStep[];
}

/**
 * Compares a method's maps of a network with those after its weights became random: a map that stays the same does not
 * tell what the network has learned (Adebayo, Gilmer, Muelly, Goodfellow, Hardt, Kim: Sanity Checks for Saliency
 * Maps, arXiv:1810.03292, section 3).
 *
 * The weights are put back, also where the check is ended early.
 */
export function sanityCheck(
  model: Module,
  image: Tensor,
  methods: readonly AttributionMethod[],
  options: SanityCheckOptions = {},
): Promise<SanityCheck> {
  return withMode(model, false, async () => {
    const { mode = "cascading", seed = 0, onProgress, ...others } = options;
    const subject = await subjectOf(model, image, options.class);
    const { height, width } = subject;
    const maps = async (): Promise<Float64Array[]> => {
      const found: Float64Array[] = [];
      for (const method of methods) {
        const { values } = await attributeTo(subject, method, { ...others, seed });
        found.push(Float64Array.from(values, Math.abs));
      }
      return found;
    };
    const layers = weightLayers(model, subject.image);
    const stops = new Set(evenly(layers.length, options.most ?? layers.length));
    const saved = layers.flatMap(({ parameters }) => parameters.map((each) => [each, each.value] as const));
    const before = await maps();
    const steps: SanityStep[] = [];
    try {
      for (const [i, layer] of layers.entries()) {
        if (mode === "independent" && !stops.has(i)) continue;
        const alone = layer.parameters.map((each) => [each, each.value] as const);
        await randomize(layer, seed);
        if (stops.has(i)) {
          (await maps()).forEach((map, m) => {
            steps.push({
              method: methods[m]!,
              layer: layer.name,
              rankCorrelation: rankCorrelation(map, before[m]!),
              structuralSimilarity: structuralSimilarity(map, before[m]!, height, width),
            });
          });
        }
        if (mode === "independent") for (const [parameter, value] of alone) parameter.assign(value);
        await reached((i + 1) / layers.length, { onProgress, signal: options.signal });
      }
    } finally {
      for (const [parameter, value] of saved) parameter.assign(value);
    }
    return { mode, class: subject.class, steps };
  });
}

/** `count` of the numbers below `length` at even distances, the first and the last among them. */
function evenly(length: number, count: number): number[] {
  if (count >= length) return Array.from({ length }, (_, i) => i);
  return Array.from({ length: count }, (_, i) => Math.round((i * (length - 1)) / Math.max(1, count - 1)));
}
