import { describe, expect, test } from "vitest";
import { wasm } from "../src/backend/wasm/wasm.ts";
import { evaluate } from "../src/compiler/runtime.ts";
import { Draw } from "../src/core/draw.ts";
import { sizeOf } from "../src/core/shape.ts";
import { type Tensor, tensor } from "../src/core/tensor.ts";
import type { Draft } from "../src/io/protobuf/encode-message.ts";
import type { OnnxType } from "../src/onnx/format/data-types.ts";
import type { TensorProto } from "../src/onnx/format/messages.ts";
import { importOnnx } from "../src/onnx/index.ts";
import { slow } from "./agreement.ts";
import { floats, ints, modelBytes, node } from "./onnx-builder.ts";
import { runOnnx } from "./onnx-runtime.ts";
import { compareArrays } from "./tolerance.ts";

/** One node with drawn settings: what the graph takes, and what is stored in it, in the order of the node's inputs. */
interface Example {
  readonly op: string;
  /** Shapes of float32 inputs, tensors that are stored, and `null` for one that is left out. */
  readonly operands: readonly (readonly number[] | Draft<TensorProto> | null)[];
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly opset?: number;
  /** Types of the outputs; default one of float32. */
  readonly types?: readonly OnnxType[];
  /** Interval of the inputs; default [−1, 1). */
  readonly range?: readonly [number, number];
}

const range = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i);
const list = (values: readonly number[]): Draft<TensorProto> => ints("", [values.length], values);
const reals = (...values: number[]): Draft<TensorProto> => floats("", [values.length], values);

function spatial(draw: Draw, rank: number): number[] {
  return range(rank).map(() => draw.int(5, 8));
}

function windowAttributes(draw: Draw, rank: number, poolKernel?: readonly number[]): Record<string, unknown> {
  const some = (low: number, high: number): number[] => range(rank).map(() => draw.int(low, high));
  const auto = draw.pick(["NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"]);
  const pads = auto === "NOTSET" ? { pads: range(2 * rank).map(() => draw.int(0, 1)) } : { auto_pad: auto };
  return { strides: some(1, 2), ...pads, ...(poolKernel && { kernel_shape: poolKernel }) };
}

/** With windows that fit exactly ("VALID") onnxruntime rounds up as well, which the operator's own formula does not. */
function ceilMode(attributes: Readonly<Record<string, unknown>>, draw: Draw): number {
  return attributes["auto_pad"] === undefined ? draw.int(0, 1) : 0;
}

const families: Readonly<Record<string, (draw: Draw) => Example>> = {
  Conv: (draw) => {
    const [rank, groups] = [draw.int(1, 3), draw.int(1, 2)];
    const kernel = range(rank).map(() => draw.int(1, 3));
    const operands = [[2, 2 * groups, ...spatial(draw, rank)], [3 * groups, 2, ...kernel], [3 * groups]];
    return { op: "Conv", operands, attributes: { ...windowAttributes(draw, rank), group: groups } };
  },
  ConvTranspose: (draw) => {
    const [rank, groups] = [draw.int(1, 2), draw.int(1, 2)];
    const kernel = range(rank).map(() => draw.int(3, 4));
    const operands = [[1, 2 * groups, ...spatial(draw, rank)], [2 * groups, 3, ...kernel], [3 * groups]];
    return { op: "ConvTranspose", operands, attributes: { ...windowAttributes(draw, rank), group: groups } };
  },
  MaxPool: (draw) => {
    const rank = draw.int(1, 3);
    const attributes = windowAttributes(
      draw,
      rank,
      range(rank).map(() => draw.int(2, 3)),
    );
    const more = { ceil_mode: ceilMode(attributes, draw), storage_order: draw.int(0, 1) };
    const types = ["float32", "int64"] as const;
    return {
      op: "MaxPool",
      operands: [[2, 2, ...spatial(draw, rank)]],
      attributes: { ...attributes, ...more },
      types,
    };
  },
  AveragePool: (draw) => {
    const rank = draw.int(1, 3);
    const attributes = windowAttributes(
      draw,
      rank,
      range(rank).map(() => draw.int(2, 3)),
    );
    const more = { ceil_mode: ceilMode(attributes, draw), count_include_pad: draw.int(0, 1) };
    return {
      op: "AveragePool",
      operands: [[2, 2, ...spatial(draw, rank)]],
      attributes: { ...attributes, ...more },
    };
  },
  LpPool: (draw) => {
    const attributes = windowAttributes(draw, 2, [2, 3]);
    return {
      op: "LpPool",
      operands: [[1, 2, 6, 7]],
      attributes: { ...attributes, p: draw.int(1, 3) },
      opset: 18,
    };
  },
  "global pooling": (draw) => {
    const op = draw.pick(["GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"]);
    return { op, operands: [[2, 3, ...spatial(draw, draw.int(1, 3))]] };
  },
  activations: (draw) => {
    const op = draw.pick([
      ...[
        "Relu",
        "LeakyRelu",
        "Elu",
        "Celu",
        "Selu",
        "Sigmoid",
        "Tanh",
        "Softplus",
        "Softsign",
        "HardSigmoid",
      ],
      ...[
        "HardSwish",
        "Mish",
        "ThresholdedRelu",
        "Shrink",
        "Erf",
        "Round",
        "Ceil",
        "Sin",
        "Tan",
        "Atan",
        "Asinh",
      ],
    ]);
    const hasAlpha = ["LeakyRelu", "Elu", "Celu", "Selu", "HardSigmoid", "ThresholdedRelu"].includes(op);
    return {
      op,
      operands: [[3, 40]],
      attributes: hasAlpha ? { alpha: 0.75 } : {},
      opset: 18,
      range: [-4, 4],
    };
  },
  softmax: (draw) => {
    const op = draw.pick(["Softmax", "LogSoftmax", "Hardmax"]);
    return { op, operands: [[2, 3, 4]], attributes: { axis: draw.int(-3, 2) }, opset: draw.pick([11, 13]) };
  },
  normalization: (draw) =>
    draw.pick<Example>([
      { op: "InstanceNormalization", operands: [[2, 3, 4, 5], [3], [3]] },
      { op: "GroupNormalization", operands: [[2, 4, 3], [4], [4]], attributes: { num_groups: 2 }, opset: 21 },
      { op: "LayerNormalization", operands: [[2, 3, 4], [4], [4]], types: ["float32", "float32", "float32"] },
      {
        op: "LpNormalization",
        operands: [[2, 3, 4]],
        attributes: { p: draw.int(1, 2), axis: draw.int(-1, 2) },
      },
      { op: "MeanVarianceNormalization", operands: [[2, 3, 4, 5]] },
      {
        op: "LRN",
        operands: [[2, 6, 3, 3]],
        attributes: { size: draw.pick([1, 3, 5]), alpha: 0.5, beta: 0.6 },
      },
    ]),
  reductions: (draw) => {
    const names = ["Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "SumSquare", "LogSumExp"];
    const op = `Reduce${draw.pick(names)}`;
    const axes = draw.pick([[1], [-1, 0], [0, 1, 2]]);
    const keepdims = draw.int(0, 1);
    if (draw.bool()) return { op, operands: [[2, 3, 4]], attributes: { axes, keepdims }, opset: 11 };
    return { op, operands: [[2, 3, 4], list(axes)], attributes: { keepdims }, opset: 18 };
  },
  ArgMax: (draw) => ({
    op: draw.pick(["ArgMax", "ArgMin"]),
    operands: [[3, 4, 5]],
    attributes: { axis: draw.int(-3, 2), keepdims: draw.int(0, 1) },
    types: ["int64"],
  }),
  TopK: (draw) => ({
    op: "TopK",
    operands: [[3, 25, 4], list([draw.int(1, 3)])],
    attributes: { axis: draw.int(-3, 2), largest: draw.int(0, 1) },
    types: ["float32", "int64"],
  }),
  CumSum: (draw) => ({
    op: "CumSum",
    operands: [[3, 7], ints("", [], [draw.int(-2, 1)])],
    attributes: { exclusive: draw.int(0, 1), reverse: draw.int(0, 1) },
  }),
  Resize: (draw) => {
    const attributes = {
      mode: draw.pick(["nearest", "linear", "cubic"]),
      coordinate_transformation_mode: draw.pick(["half_pixel", "pytorch_half_pixel", "asymmetric"]),
      nearest_mode: draw.pick(["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]),
      exclude_outside: draw.int(0, 1),
    };
    const [extent, scales] = [spatial(draw, 2), draw.pick([reals(1, 1, 2, 1.5), reals(1, 1, 0.5, 3)])];
    const sizes = list([1, 2, draw.int(2, 12), draw.int(2, 12)]);
    const how = draw.bool() ? [null, scales] : [null, null, sizes];
    const cubic = attributes.mode === "cubic" ? attributes : { ...attributes, exclude_outside: 0 };
    return { op: "Resize", operands: [[1, 2, ...extent], ...how], attributes: cubic, opset: 19 };
  },
  "Resize with antialiasing": (draw) => {
    const mode = draw.pick(["linear", "cubic"]);
    const sizes = list([1, 2, draw.int(2, 12), draw.int(2, 12)]);
    return {
      op: "Resize",
      operands: [[1, 2, 8, 9], null, null, sizes],
      attributes: { mode, antialias: 1 },
      opset: 19,
    };
  },
  GridSample: (draw) => ({
    op: "GridSample",
    operands: [
      [2, 2, 4, 5],
      [2, 3, 4, 2],
    ],
    attributes: {
      mode: draw.pick(["bilinear", "nearest", "bicubic"]),
      padding_mode: draw.pick(["zeros", "border", "reflection"]),
      align_corners: draw.int(0, 1),
    },
    opset: 16,
    range: [-1.4, 1.4],
  }),
  RoiAlign: (draw) => ({
    op: "RoiAlign",
    operands: [[2, 2, 10, 11], floats("", [2, 4], [0.5, 2.5, 7, 4.5, 3, 3, 12, 14]), list([0, 1])],
    attributes: {
      mode: draw.pick(["avg", "max"]),
      sampling_ratio: draw.int(0, 2),
      coordinate_transformation_mode: draw.pick(["half_pixel", "output_half_pixel"]),
      output_height: draw.int(1, 4),
      output_width: 3,
      spatial_scale: 0.75,
    },
    opset: 16,
  }),
  DeformConv: (draw) => {
    const groups = draw.int(1, 2);
    const operands = [[2, 4, 5, 6], [4, 4 / groups, 3, 3], [2, 36, 5, 6], [4], [2, 18, 5, 6]];
    return {
      op: "DeformConv",
      operands,
      attributes: { pads: [1, 1, 1, 1], group: groups, offset_group: 2 },
      opset: 19,
    };
  },
  Pad: (draw) => {
    const mode = draw.pick(["constant", "reflect", "edge", "wrap"]);
    const operands = [
      [3, 4, 5],
      list([draw.int(0, 2), draw.int(0, 2), 1, draw.int(0, 2)]),
      null,
      list([-1, 1]),
    ];
    return { op: "Pad", operands, attributes: { mode }, opset: 19 };
  },
  Slice: (draw) => {
    const at = (): number => draw.int(-9, 9);
    const step = draw.pick([1, 2, -1, -3]);
    // Two ranges that are not empty, whatever is drawn.
    const [first, second] =
      step > 0 ? [list([0, at() > 0 ? 1 : -4]), list([4, 9])] : [list([9, -1]), list([0, -9])];
    return { op: "Slice", operands: [[6, 5], first, second, list([0, 1]), list([step, step])] };
  },
  scattering: (draw) => {
    const reduction = draw.pick(["none", "add", "mul", "max", "min"]);
    const positions = reduction === "none" ? [0, 1, 2, 3, -2, 1] : [0, 1, 2, 0, -3, 2];
    if (draw.bool()) {
      const operands = [[4, 5], ints("", [2, 3], positions), [2, 3]];
      return { op: "ScatterElements", operands, attributes: { reduction, axis: 0 }, opset: 18 };
    }
    const rows = ints("", [2, 1], reduction === "none" ? [1, -1] : [1, 1]);
    return { op: "ScatterND", operands: [[4, 5], rows, [2, 5]], attributes: { reduction }, opset: 18 };
  },
  gathering: (draw) =>
    draw.pick<Example>([
      {
        op: "Gather",
        operands: [[4, 5], ints("", [2, 2], [0, -1, 3, 2])],
        attributes: { axis: draw.int(-2, 1) },
      },
      {
        op: "GatherElements",
        operands: [[4, 5], ints("", [3, 2], [0, -1, 3, 2, 1, -3])],
        attributes: { axis: 1 },
      },
      { op: "GatherND", operands: [[2, 3, 4], ints("", [2, 2], [0, 1, 1, -1])] },
      { op: "GatherND", operands: [[2, 3, 4], ints("", [2, 1], [0, 2])], attributes: { batch_dims: 1 } },
    ]),
  Einsum: (draw) => {
    const [equation, ...operands] = draw.pick<readonly [string, ...(readonly number[])[]]>([
      ["ij,jk->ik", [3, 4], [4, 5]],
      ["bij,bjk->bik", [2, 3, 4], [2, 4, 5]],
      ["ij->ji", [3, 4]],
      ["ij->", [3, 4]],
      ["ii->i", [3, 3]],
      ["ii", [3, 3]],
      ["...ij,...jk->...ik", [2, 3, 4], [2, 4, 5]],
      ["abc,cd,de->abe", [2, 3, 4], [4, 5], [5, 2]],
      ["ijk,jil->kl", [2, 3, 4], [3, 2, 5]],
    ]);
    return { op: "Einsum", operands, attributes: { equation } };
  },
  losses: (draw) => {
    const op = draw.pick(["NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"]);
    const labels = ints(
      "",
      [3, 2],
      range(6).map(() => draw.int(0, 4)),
    );
    const reduction = draw.pick(["none", "mean", "sum"]);
    return {
      op,
      operands: [[3, 5, 2], labels, [5]],
      attributes: { reduction, ignore_index: 2 },
      range: [0.1, 1],
    };
  },
  QuantizeLinear: (draw) => {
    const zero = { name: "", dims: [8], dataType: 3, int32Data: range(8).map(() => draw.int(-9, 9)) };
    const scale = floats(
      "",
      [8],
      range(8).map(() => draw.float(0.05, 0.2)),
    );
    return { op: "QuantizeLinear", operands: [[3, 8], scale, zero], types: ["int8"], range: [-20, 20] };
  },
  Gemm: (draw) => {
    const [transA, transB] = [draw.int(0, 1), draw.int(0, 1)];
    const operands = [transA ? [4, 3] : [3, 4], transB ? [5, 4] : [4, 5], draw.pick([[5], [3, 1], [3, 5]])];
    return { op: "Gemm", operands, attributes: { transA, transB, alpha: 0.5, beta: 0.25 } };
  },
};

/** The example as a model, with random inputs. */
function modelOf(
  { op, operands, attributes, opset = 17, types = ["float32"], range: interval }: Example,
  draw: Draw,
) {
  const [low, high] = interval ?? [-1, 1];
  const given: Record<string, Tensor> = {};
  const shapes: Record<string, readonly number[]> = {};
  const initializers: Draft<TensorProto>[] = [];
  const names = operands.map((operand, i) => {
    if (operand === null) return "";
    const name = `i${i}`;
    if (!Array.isArray(operand)) initializers.push({ ...(operand as Draft<TensorProto>), name });
    else {
      shapes[name] = operand;
      given[name] = tensor(
        Float32Array.from({ length: sizeOf(operand) }, () => draw.float(low, high)),
        { shape: operand },
      );
    }
    return name;
  });
  const outputs = types.map((type, i) => [`o${i}`, type] as const);
  const nodes = [
    node(
      op,
      names,
      outputs.map(([name]) => name),
      attributes,
    ),
  ];
  return { bytes: modelBytes({ inputs: shapes, outputs, initializers, nodes, opset }), given };
}

const runs = slow ? 60 : 4;

describe("operators give what onnxruntime gives, whatever their settings", () => {
  test.each(Object.entries(families))("%s", async (_, family) => {
    for (let seed = 1; seed <= runs; seed++) {
      const draw = new Draw(seed);
      const example = family(draw);
      const { bytes, given } = modelOf(example, draw);
      const expected = await runOnnx(bytes, given);
      const actual = importOnnx(bytes).run(given);
      await evaluate(Object.values(actual), wasm);
      for (const [name, { shape, data }] of expected) {
        const what = `${name} of ${example.op} ${JSON.stringify(example.attributes)}, seed ${seed}`;
        expect(actual[name]!.shape, what).toEqual(shape);
        const problem = compareArrays(await actual[name]!.data(), data, { relative: 2e-5, absolute: 1e-6 });
        expect(problem, what).toBeUndefined();
      }
    }
  });
});
