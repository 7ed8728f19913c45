import { type DType, isFloating } from "../../../core/dtype.ts";
import type { OnnxGraph } from "../onnx-graph.ts";
import { names, type Operation, plain, type Translation, type Translations } from "./translation.ts";

/** Whether runtimes lack operators for the type: numbers of a byte are computed with as int32. */
function isByte(dtype: DType): boolean {
  return dtype === "uint8" || dtype === "bool";
}

function widened({ inputs }: Operation<unknown>, graph: OnnxGraph): string[] {
  return inputs.map(({ name, dtype }) => (isByte(dtype) ? graph.cast(name, "int32") : name));
}

/** An operator on numbers whose result has its operands' type. */
export function arithmetic(opType: string): Translation {
  return {
    translate: (operation, graph) => {
      const result = graph.add(opType, widened(operation, graph));
      const { dtype } = operation.output;
      return isByte(dtype) ? graph.cast(result, dtype) : result;
    },
  };
}

/** An operator on numbers whose result is bool. */
function comparison(opType: string): Translation {
  return { translate: (operation, graph) => graph.add(opType, widened(operation, graph)) };
}

const equal = comparison("Equal");

export const elementwiseTranslations: Translations = {
  add: arithmetic("Add"),
  sub: arithmetic("Sub"),
  mul: arithmetic("Mul"),
  div: plain("Div"),
  pow: plain("Pow"),
  maximum: arithmetic("Max"),
  minimum: arithmetic("Min"),
  neg: arithmetic("Neg"),
  abs: arithmetic("Abs"),
  sign: arithmetic("Sign"),
  exp: plain("Exp"),
  log: plain("Log"),
  sqrt: plain("Sqrt"),
  sin: plain("Sin"),
  cos: plain("Cos"),
  tanh: plain("Tanh"),
  sigmoid: plain("Sigmoid"),
  erf: plain("Erf"),
  /** Whole numbers are their own floor. */
  floor: {
    translate: ({ inputs: [x] }, graph) => (isFloating(x!.dtype) ? graph.add("Floor", [x!.name]) : x!.name),
  },
  /** ONNX has no operator that is exact near 0. */
  log1p: {
    translate: ({ inputs: [x], output }, graph) => {
      return graph.add("Log", [graph.add("Add", [x!.name, graph.scalar(1, output.dtype)])]);
    },
  },
  /** tanh(x / 2) · (eˣ + 1), which is exact near 0. */
  expm1: {
    translate: ({ inputs: [x], output }, graph) => {
      const half = graph.add("Mul", [x!.name, graph.scalar(0.5, output.dtype)]);
      const sum = graph.add("Add", [graph.add("Exp", [x!.name]), graph.scalar(1, output.dtype)]);
      return graph.add("Mul", [graph.add("Tanh", [half]), sum]);
    },
  },
  equal,
  notEqual: {
    translate: (operation, graph) => graph.add("Not", [equal.translate(operation, graph)]),
  },
  less: comparison("Less"),
  lessEqual: comparison("LessOrEqual"),
  logicalAnd: plain("And"),
  logicalNot: plain("Not"),
  where: {
    translate: ({ inputs, output }, graph) => {
      const [condition, ...branches] = names(inputs);
      if (output.dtype !== "bool") return graph.add("Where", [condition!, ...branches]);
      const bytes = branches.map((branch) => graph.cast(branch, "uint8"));
      return graph.cast(graph.add("Where", [condition!, ...bytes]), "bool");
    },
  },
  cast: {
    translate: ({ inputs: [x], output }, graph) => {
      // A real number becomes a byte by way of its low bits, which ONNX leaves open.
      const viaInt = output.dtype === "uint8" && isFloating(x!.dtype);
      return graph.cast(viaInt ? graph.cast(x!.name, "int32") : x!.name, output.dtype);
    },
  },
  /** The value of the first operand; the others only have to be computed before. */
  barrier: { translate: ({ inputs: [x] }) => x!.name },
};
