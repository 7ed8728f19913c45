import { cyclicGroup, type Group } from "../equivariant/group.ts";
import { AntialiasedPool2d } from "../equivariant/steerable/antialiased-pool2d.ts";
import { FieldMaxPool } from "../equivariant/steerable/field-pool.ts";
import { FieldReLU } from "../equivariant/steerable/field-relu.ts";
import { FieldType } from "../equivariant/steerable/field-type.ts";
import { InnerBatchNorm } from "../equivariant/steerable/inner-batch-norm.ts";
import { MaskDisc } from "../equivariant/steerable/mask-disc.ts";
import { SteerableConv2d } from "../equivariant/steerable/steerable-conv2d.ts";
import { GlobalAvgPool } from "../nn/global-avg-pool.ts";
import { Linear } from "../nn/linear.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";
import { NamedSequential } from "./named-sequential.ts";

/** One convolution to regular fields; `pool` halves the map behind it. */
interface Stage {
  readonly fields: number;
  readonly kernelSize: number;
  readonly padding: number;
  readonly pool?: boolean;
}

/**
 * The paper's network for rotated MNIST in small: kernels of 7 and 5 pixels, widths that give P4CNN's number of parameters, and no
 * second convolution before the first pooling.
 */
const stages: readonly Stage[] = [
  { fields: 4, kernelSize: 7, padding: 1, pool: true },
  { fields: 8, kernelSize: 5, padding: 2 },
  { fields: 8, kernelSize: 5, padding: 2, pool: true },
  { fields: 8, kernelSize: 5, padding: 2 },
  { fields: 16, kernelSize: 5, padding: 0 },
];

/**
 * Regular fields of a group of rotations finer than the grid's, whose largest entries at the end do not change when the
 * image turns, but for what the pixels lose: exactly for quarter turns, within percents between.
 */
export function steerableCnn(
  group: Group,
  { numClasses = 10, inChannels = 1 }: ModelOptions = {},
): NamedSequential {
  let type = FieldType.trivial(group, inChannels);
  const layers = stages.map(({ fields, kernelSize, padding, pool = false }, i) => {
    const next = FieldType.regular(group, fields);
    const layer = new NamedSequential({
      conv: new SteerableConv2d(type, next, kernelSize, { padding, bias: false }),
      bn: new InnerBatchNorm(next),
      relu: new FieldReLU(next),
      ...(pool && { pool: new AntialiasedPool2d(next, { kernelSize: 4 }) }),
    });
    type = next;
    return [`l${i + 1}`, layer] as const;
  });
  return new NamedSequential({
    mask: new MaskDisc(),
    ...Object.fromEntries(layers),
    fieldpool: new FieldMaxPool(type),
    avgpool: new GlobalAvgPool(),
    fc: new Linear(type.fields, numClasses),
  });
}

export const steerableCnnEntries: readonly ModelEntry[] = [
  {
    name: "c8-steerable-cnn",
    paper: "Weiler, Cesa: General E(2)-Equivariant Steerable CNNs. NeurIPS",
    year: 2019,
    novelty:
      "Kernels are learned in a basis of circular harmonics, so that features turn with their input by angles that no pixel grid has",
    task: "classification",
    inputShape: [1, 28, 28],
    numClasses: 10,
    parameters: 25_674,
    macs: 68_216_544,
    head: ["fc"],
    create: (options) => steerableCnn(cyclicGroup(8), options),
  },
];
