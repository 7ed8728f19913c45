import type { Operator } from "./node-call.ts";
import { activationOperators } from "./operators/activations.ts";
import { convolutionOperators } from "./operators/convolution.ts";
import { dataDependentOperators } from "./operators/data-dependent.ts";
import { elementwiseOperators } from "./operators/elementwise.ts";
import { gatherOperators } from "./operators/gather.ts";
import { matrixOperators } from "./operators/matrix.ts";
import { movementOperators } from "./operators/movement.ts";
import { normalizationOperators } from "./operators/normalization.ts";
import { poolingOperators } from "./operators/pooling.ts";
import { quantizationOperators } from "./operators/quantization.ts";
import { reduceOperators } from "./operators/reduce.ts";
import { resizeOperators } from "./operators/resize.ts";
import { roiOperators } from "./operators/roi-align.ts";
import { samplingOperators } from "./operators/sampling.ts";
import { shapeOperators } from "./operators/shapes.ts";
import { lossOperators, optimizerOperators } from "./operators/training.ts";
import { trigonometryOperators } from "./operators/trigonometry.ts";

/** The operators of each domain by their names; "" is ONNX's own. */
const operators: ReadonlyMap<string, ReadonlyMap<string, Operator>> = new Map([
  [
    "",
    new Map(
      [
        activationOperators,
        convolutionOperators,
        dataDependentOperators,
        elementwiseOperators,
        gatherOperators,
        lossOperators,
        matrixOperators,
        movementOperators,
        normalizationOperators,
        poolingOperators,
        quantizationOperators,
        reduceOperators,
        resizeOperators,
        roiOperators,
        samplingOperators,
        shapeOperators,
        trigonometryOperators,
      ].flatMap((family) => Object.entries(family)),
    ),
  ],
  ["ai.onnx.preview.training", new Map(Object.entries(optimizerOperators))],
]);

export function operatorOf(domain: string, opType: string): Operator | undefined {
  return operators.get(domain)?.get(opType);
}

/** All operators that an imported graph may use, those of other domains with the domain in front. */
export function supportedOperators(): string[] {
  const names = [...operators].flatMap(([domain, table]) => {
    return [...table.keys()].map((name) => (domain === "" ? name : `${domain}.${name}`));
  });
  return names.sort();
}

/** Why an operator is not there. */
export function unsupportedReason(domain: string, opType: string): string {
  if (domain !== "" && !operators.has(domain)) return `operators of the domain ${domain} are not supported`;
  if (/^(Sequence|SplitToSequence|ConcatFromSequence)/.test(opType)) return "sequences are not supported";
  if (/^Optional/.test(opType)) return "optional values are not supported";
  if (/^(String|TfIdf|RegexFullMatch|LabelEncoder)/.test(opType)) return "texts are not supported";
  if (opType === "Loop" || opType === "Scan") return "loops are not supported";
  return "the operator is not supported";
}
