import type { Shape } from "../core/shape.ts";
import { Tensor } from "../core/tensor.ts";
import type { Module } from "../nn/module.ts";
import { Parameter } from "../nn/parameter.ts";
import { withMode } from "../nn/with-mode.ts";
import { convolutionsOf } from "./kernel-shape.ts";
import { traceLayers } from "./trace-layers.ts";

/** Learned numbers and multiply-accumulates of one image, exact beyond 2^53. */
export interface Cost {
  readonly parameters: bigint;
  readonly macs: bigint;
}

/** A convolution beside a fully connected layer between the same shapes. */
export interface ConnectionComparison {
  readonly name: string;
  /** [C, ...S] of what it takes and makes, without the batch. */
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly convolution: Cost;
  readonly fullyConnected: Cost;
}

export interface FullyConnectedComparison {
  readonly layers: readonly ConnectionComparison[];
  readonly convolution: Cost;
  readonly fullyConnected: Cost;
}

/**
 * What a network's convolutions save by looking at few neighbours and sharing weights.
 *
 * A fully connected layer between the same shapes has C·H·W · C′·H′·W′ weights (and C′·H′·W′ biases where the
 * convolution has some), and uses each once.
 *
 * @param inputShape of one image, without the batch.
 * @throws ShapeError if the input does not fit.
 */
export function compareFullyConnected(model: Module, inputShape: Shape): FullyConnectedComparison {
  const input = Tensor.input({ shape: [1, ...inputShape], dtype: "float32" });
  const { calls } = withMode(model, false, () => traceLayers(model, input));
  const seen = new Set<Tensor>();
  const weights = new Set<Tensor>();
  const layers = calls.flatMap((call) =>
    convolutionsOf(call).flatMap((y): ConnectionComparison[] => {
      if (seen.has(y) || y.source.kind !== "node") return [];
      seen.add(y);
      const [x, weight] = y.source.inputs as [Tensor, Tensor];
      const biased = [...call.module.members()].some(
        ([, member]) => member instanceof Parameter && member.shape.length === 1,
      );
      // Weights that an earlier convolution has are counted there.
      const own = weights.has(weight) ? 0n : 1n;
      weights.add(weight);
      const [inputs, outputs] = [x, y].map(({ shape }) => product(shape.slice(1))) as [bigint, bigint];
      const bias = (count: bigint): bigint => (biased ? count : 0n);
      // Each output of a convolution, but each input of a transposed one, meets all weights of its channel.
      const places = product((y.source.op.name === "conv" ? y : x).shape.slice(2));
      return [
        {
          name: call.name,
          inputShape: x.shape.slice(1),
          outputShape: y.shape.slice(1),
          convolution: {
            parameters: own * (product(weight.shape) + bias(BigInt(y.shape[1]!))),
            macs: product(weight.shape) * places,
          },
          fullyConnected: { parameters: own * (inputs * outputs + bias(outputs)), macs: inputs * outputs },
        },
      ];
    }),
  );
  return {
    layers,
    convolution: sum(layers.map(({ convolution }) => convolution)),
    fullyConnected: sum(layers.map(({ fullyConnected }) => fullyConnected)),
  };
}

function product(extents: readonly number[]): bigint {
  return extents.reduce((all, extent) => all * BigInt(extent), 1n);
}

function sum(costs: readonly Cost[]): Cost {
  return costs.reduce(
    (all, { parameters, macs }) => ({ parameters: all.parameters + parameters, macs: all.macs + macs }),
    { parameters: 0n, macs: 0n },
  );
}
