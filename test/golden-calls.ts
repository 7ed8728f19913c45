import { type Tensor, tensor } from "../src/core/tensor.ts";
import * as ops from "../src/ops/index.ts";

type Inputs = Readonly<Record<string, Tensor>>;
// biome-ignore lint/suspicious/noExplicitAny: a golden case's settings are whatever its file says
type Settings = any;
type Call = (inputs: Inputs, attrs: Settings) => Tensor;

/** The public function of this name, looked up late, so that a missing one fails its own cases alone. */
function op(name: string): (...args: unknown[]) => Tensor {
  const found = (ops as unknown as Record<string, unknown>)[name];
  if (typeof found !== "function") throw new Error(`fovea has no function "${name}"`);
  return found as (...args: unknown[]) => Tensor;
}

/** Those whose operand is four times what the case's name gives. */
const activations = [
  ...["relu", "relu6", "leakyRelu", "elu", "selu", "gelu", "silu", "mish"],
  ...["hardswish", "hardsigmoid", "sigmoid", "tanh", "softplus"],
];

function activation(name: string): Call {
  return ({ x }, attrs) => op(name)(ops.mul(x!, 4), attrs);
}

function convolution(name: string): Call {
  return ({ x, weight, bias }, attrs) => op(name)(x, weight, { ...attrs, ...(bias && { bias }) });
}

const calls: Readonly<Record<string, Call>> = {
  ...Object.fromEntries(activations.map((name) => [name, activation(name)])),
  // Its case states no slope; the results are those of 0.1.
  leakyRelu: (inputs, attrs) => activation("leakyRelu")(inputs, { negativeSlope: 0.1, ...attrs }),
  ...Object.fromEntries(
    ["conv1d", "conv2d", "conv3d", "convTranspose1d", "convTranspose2d", "convTranspose3d"].map((name) => [
      name,
      convolution(name),
    ]),
  ),
  ...Object.fromEntries(
    ["adaptiveAvgPool2d", "adaptiveMaxPool2d"].map((name) => [
      name,
      ({ x }: Inputs, { outputSize }: Settings) => op(name)(x, outputSize),
    ]),
  ),
  maxPool2d: ({ x }, { kernelSize, ...options }) => op("maxPool2d")(x, kernelSize, options),
  avgPool2d: ({ x }, { kernelSize, dilation: _, ...options }) => op("avgPool2d")(x, kernelSize, options),
  pad: ({ x }, { pad, ...options }) => op("pad")(x, pad, options),
  interpolate: ({ x }, { alignCorners, ...options }) =>
    op("interpolate")(x, { ...options, ...(alignCorners !== null && { alignCorners }) }),
  linear: ({ x, weight, bias }) => ops.linear(x!, weight!, bias),
  matmul: ({ a, b }) => ops.matmul(a!, b!),
  prelu: ({ x, weight }) => ops.prelu(x!, weight!),
  softmax: ({ x }, { dim }) => ops.softmax(x!, dim),
  logSoftmax: ({ x }, { dim }) => ops.logSoftmax(x!, dim),
  batchNorm: ({ x, runningMean, runningVar, ...affine }, { training, eps }) =>
    training === false
      ? ops.batchNormInference(x!, { mean: runningMean!, variance: runningVar! }, { ...affine, eps })
      : ops.batchNorm(x!, { ...affine, eps }),
  layerNorm: ({ x, ...affine }, { normalizedShape, eps }) =>
    ops.layerNorm(x!, normalizedShape, { ...affine, eps }),
  groupNorm: ({ x, ...affine }, { numGroups, eps }) => ops.groupNorm(x!, numGroups, { ...affine, eps }),
  instanceNorm: ({ x, ...affine }, { eps }) => ops.instanceNorm(x!, { ...affine, eps }),
  localResponseNorm: ({ x }, { size, ...options }) => ops.localResponseNorm(x!, size, options),
  crossEntropy: ({ logits, target, weight }, { target: classes, ...options }) =>
    ops.crossEntropy(logits!, target ?? classIndices(logits!, classes), {
      ...options,
      ...(weight && { weight }),
    }),
};

/** Class indices, nested or flat, in the shape of the logits without their class axis. */
function classIndices(logits: Tensor, classes: unknown): Tensor {
  const flat = [classes].flat(Number.POSITIVE_INFINITY) as number[];
  return tensor(Int32Array.from(flat), { shape: logits.shape.toSpliced(logits.rank > 1 ? 1 : 0, 1) });
}

/** Applies the function that a golden case names to the case's operands. */
export function callGolden(name: string, inputs: Inputs, attrs: Settings): Tensor {
  const call = calls[name];
  if (!call) throw new Error(`no golden case has called "${name}" yet: say in golden-calls.ts how`);
  return call(inputs, attrs);
}
