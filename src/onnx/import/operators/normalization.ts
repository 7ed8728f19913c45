import { sizeOf } from "../../../core/shape.ts";
import type { Tensor } from "../../../core/tensor.ts";
import * as o from "../../../ops/index.ts";
import type { NodeCall, Operator, Result } from "../node-call.ts";
import { powerNorm } from "./pooling.ts";

const keepDims = { keepDims: true } as const;

/** Mean and biased variance over axes, which stay. */
function moments(x: Tensor, axes: readonly number[]): { centred: Tensor; mean: Tensor; variance: Tensor } {
  const mean = o.mean(x, axes, keepDims);
  const centred = o.sub(x, mean);
  return { centred, mean, variance: o.mean(o.square(centred), axes, keepDims) };
}

/**
 * In training the batch's statistics are used, and the running ones follow them, r ← m·r + (1 − m)·s, with the biased
 * variance. It is training where the file says so, or where the model is in training mode.
 */
function batchNormalization(call: NodeCall): Result[] {
  const [x, weight, bias, mean, variance] = [0, 1, 2, 3, 4].map((i) => call.tensor(i)) as Tensor[];
  const eps = call.float("epsilon", 1e-5);
  const asked = call.version < 14 ? call.wants(1) : call.int("training_mode", 0) === 1;
  const variables = [call.value(3).variable, call.value(4).variable];
  const follows = variables.every((variable) => variable !== undefined) && call.training;
  if (!asked && !follows) {
    return [
      o.batchNormInference(x!, { mean: mean!, variance: variance! }, { weight: weight!, bias: bias!, eps }),
    ];
  }
  const momentum = call.float("momentum", 0.9);
  const statistics = o.batchStatistics(x!);
  const next = [statistics.mean, statistics.variance].map((now, i) => {
    return o.add(o.mul([mean!, variance!][i]!, momentum), o.mul(now, 1 - momentum));
  });
  if (follows) for (const [i, variable] of variables.entries()) variable!.assign(next[i]!);
  return [o.batchNorm(x!, { weight: weight!, bias: bias!, eps }), ...next];
}

/** Version 18 has a factor for each group, later ones for each channel. */
function groupNormalization(call: NodeCall): Tensor {
  const [x, scale, bias] = [call.tensor(0), call.tensor(1), call.tensor(2)];
  const groups = call.int("num_groups");
  const channels = x.shape[1]!;
  if (!groups || channels % groups !== 0)
    throw call.fail(`${channels} channels do not divide into ${groups} groups`);
  const perChannel = (values: Tensor): Tensor => {
    if (call.version >= 21) return values;
    const wide = o.expand(o.reshape(values, [groups, 1]), [groups, channels / groups]);
    return o.reshape(wide, [channels]);
  };
  const options = { weight: perChannel(scale), bias: perChannel(bias), eps: call.float("epsilon", 1e-5) };
  return o.groupNorm(x, groups, options);
}

function layerNormalization(call: NodeCall): Tensor[] {
  const [x, scale, bias] = [call.tensor(0), call.tensor(1), call.optional(2)];
  const axes = axesFrom(call, x, -1);
  const { centred, mean, variance } = moments(x, axes);
  const inverse = o.div(1, o.sqrt(o.add(variance, call.float("epsilon", 1e-5))));
  const y = o.mul(o.mul(centred, inverse), scale);
  return [bias ? o.add(y, bias) : y, mean, inverse];
}

function rmsNormalization(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const square = o.mean(o.square(x), axesFrom(call, x, -1), keepDims);
  return o.mul(o.div(x, o.sqrt(o.add(square, call.float("epsilon", 1e-5)))), call.tensor(1));
}

/** All axes from the attribute `axis` on. */
function axesFrom(call: NodeCall, x: Tensor, otherwise: number): number[] {
  const first = call.axis(call.int("axis", otherwise), x.rank);
  return x.shape.map((_, axis) => axis).slice(first);
}

function lpNormalization(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const norm = powerNorm(x, call.int("p", 2), [call.axis(call.int("axis", -1), x.rank)], true);
  return o.where(o.equal(norm, 0), 0, o.div(x, norm));
}

function meanVarianceNormalization(call: NodeCall): Tensor {
  const { centred, variance } = moments(call.tensor(0), call.ints("axes") ?? [0, 2, 3]);
  return o.div(centred, o.add(o.sqrt(variance), 1e-9));
}

/** x / (bias + α/size · Σ x²)^β with the sum over `size` channels around each. */
function localResponseNormalization(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const size = call.int("size");
  if (!size || size < 1) throw call.fail(`size ${size} is not a whole number from 1 on`);
  const channels = x.shape[1]!;
  const low = Math.floor((size - 1) / 2);
  const zeros = x.shape.map(() => 0);
  const attrs = { low: zeros.with(1, low), high: zeros.with(1, size - 1 - low), interior: zeros, value: 0 };
  const squares = o.padConstant(o.square(x), attrs);
  const near = Array.from({ length: size }, (_, k) => o.narrow(squares, 1, k, k + channels));
  const total = near.reduce((a, b) => o.add(a, b));
  const base = o.add(o.mul(total, call.float("alpha", 1e-4) / size), call.float("bias", 1));
  return o.div(x, o.pow(base, call.float("beta", 0.75)));
}

/** The seed is not NumPy's: which elements are dropped is decided by Fovea's own generator. */
function dropout(call: NodeCall): Result[] {
  const x = call.tensor(0);
  const given = call.version >= 12;
  const ratio = given ? (call.has(1) ? call.number(1, "ratio") : 0.5) : call.float("ratio", 0.5);
  const asked = given
    ? call.has(2) && call.number(2, "training_mode") !== 0
    : call.version < 7 && call.int("is_test", 0) === 0 && call.wants(1);
  const all = o.ones(x.shape, "bool");
  if (ratio === 0 || !(asked || call.training)) return [call.value(0), all];
  const kept = o.bernoulli(x.shape, 1 - ratio);
  return [o.where(kept, o.mul(x, 1 / (1 - ratio)), 0), kept];
}

function instanceNormalization(call: NodeCall): Tensor {
  const [x, weight, bias] = [call.tensor(0), call.tensor(1), call.tensor(2)];
  const eps = call.float("epsilon", 1e-5);
  // One position alone has no variance, but is allowed here: it becomes the bias.
  if (sizeOf(x.shape.slice(2)) > 1) return o.instanceNorm(x, { weight, bias, eps });
  return o.add(o.mul(x, 0), o.reshape(bias, [bias.size, ...x.shape.slice(2).map(() => 1)]));
}

export const normalizationOperators: Readonly<Record<string, Operator>> = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  LayerNormalization: layerNormalization,
  RMSNormalization: rmsNormalization,
  LpNormalization: lpNormalization,
  MeanVarianceNormalization: meanVarianceNormalization,
  LRN: localResponseNormalization,
  Dropout: dropout,
};
