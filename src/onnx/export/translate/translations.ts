import { activationTranslations } from "./activation.ts";
import { convolutionTranslations } from "./convolution.ts";
import { elementwiseTranslations } from "./elementwise.ts";
import { fixedTranslations } from "./fixed.ts";
import { indexingTranslations } from "./indexing.ts";
import { movementTranslations } from "./movement.ts";
import { normalizationTranslations } from "./normalization.ts";
import { poolingTranslations } from "./pooling.ts";
import { reductionTranslations } from "./reduction.ts";
import { resizeTranslations } from "./resize.ts";
import type { Translation } from "./translation.ts";

/**
 * Every operation that has a counterpart in ONNX, at least with some settings; others are exported as their
 * decompositions. Two are combinations of Fovea's: `mean` and `extend`.
 */
export const translations: ReadonlyMap<string, Translation> = new Map(
  Object.entries({
    ...fixedTranslations,
    ...elementwiseTranslations,
    ...activationTranslations,
    ...movementTranslations,
    ...indexingTranslations,
    ...reductionTranslations,
    ...convolutionTranslations,
    ...poolingTranslations,
    ...normalizationTranslations,
    ...resizeTranslations,
  }),
);
