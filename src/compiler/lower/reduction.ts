import type { FoldAttrs } from "../../ops/window.ts";
import { argreduce, type Combiner, type Condition, type Expr, guard, reduce } from "../expr.ts";
import {
  type Index,
  type LoopVariable,
  loopVariable,
  plus,
  quotient,
  remainder,
  times,
  variable,
} from "../index-expr.ts";
import type { Lowering } from "./lowering.ts";

function overAxes(make: (over: LoopVariable[], body: Expr) => Expr): Lowering {
  return {
    kind: "reduce",
    lower: ([x], { attrs }) => {
      const { axes } = attrs as { axes: readonly number[] };
      return (at) => {
        const over = axes.map((axis) => loopVariable(x!.shape[axis]!));
        return make(over, x!.at(withLoops(at, axes, over)));
      };
    },
  };
}

const reduction = (combine: Combiner): Lowering => overAxes((over, body) => reduce(combine, over, body));
const argReduction = (best: "max" | "min"): Lowering => overAxes((over, body) => argreduce(best, over, body));

function withLoops(at: readonly Index[], axes: readonly number[], over: readonly LoopVariable[]): Index[] {
  const source = [...at];
  axes.forEach((axis, k) => {
    source[axis] = variable(over[k]!);
  });
  return source;
}

export const reductionLowerings: Readonly<Record<string, Lowering>> = {
  sum: reduction("sum"),
  max: reduction("max"),
  min: reduction("min"),
  argmax: argReduction("max"),
  argmin: argReduction("min"),

  /** The adjoint of `window`: adds up, for each element, the window positions that looked at it. */
  fold: {
    kind: "reduce",
    lower: ([y], { attrs, shape }) => {
      const { kernel, stride, padding, dilation } = attrs as FoldAttrs;
      const lead = shape.length - kernel.length;
      const apart = kernel.every(
        (extent, axis) => extent <= stride[axis]! && (dilation[axis] === 1 || extent === 1),
      );
      if (apart) {
        // Windows do not overlap: each element belongs to one position of one window at most.
        return (at) => {
          const shifted = kernel.map((_, axis) => plus(at[lead + axis]!, padding[axis]![0]));
          const positions = shifted.map((index, axis) => quotient(index, stride[axis]!));
          const taps = shifted.map((index, axis) => remainder(index, stride[axis]!));
          const conditions = kernel.flatMap((extent, axis): Condition[] => [
            { kind: "inside", index: positions[axis]!, extent: y!.shape[lead + axis]! },
            { kind: "inside", index: taps[axis]!, extent },
          ]);
          return guard(conditions, y!.at([...at.slice(0, lead), ...positions, ...taps]), 0);
        };
      }
      return (at) => {
        const taps = kernel.map((extent) => loopVariable(extent));
        const conditions: Condition[] = [];
        const positions = kernel.map((_, axis) => {
          const shifted = plus(
            at[lead + axis]!,
            padding[axis]![0],
            times(variable(taps[axis]!), -dilation[axis]!),
          );
          if (stride[axis]! > 1) conditions.push({ kind: "divisible", index: shifted, by: stride[axis]! });
          const index = quotient(shifted, stride[axis]!);
          conditions.push({ kind: "inside", index, extent: y!.shape[lead + axis]! });
          return index;
        });
        const source = [...at.slice(0, lead), ...positions, ...taps.map((tap) => variable(tap))];
        return reduce("sum", taps, guard(conditions, y!.at(source), 0));
      };
    },
  },
};
