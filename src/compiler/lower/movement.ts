import type { Shape } from "../../core/shape.ts";
import type { InterleaveAttrs } from "../../ops/interleave.ts";
import type { WindowAttrs } from "../../ops/window.ts";
import { binary, type Condition, constantOf, type Expr, guard, position, select } from "../expr.ts";
import {
  constant,
  dynamic,
  flatten,
  type Index,
  plus,
  quotient,
  remainder,
  times,
  unflatten,
} from "../index-expr.ts";
import type { Lowering } from "./lowering.ts";

const view = (lower: Lowering["lower"]): Lowering => ({ kind: "view", cost: 0, lower });

export const movementLowerings: Readonly<Record<string, Lowering>> = {
  reshape: view(([x], { shape }) => {
    const long = (extents: Shape): number[] => [...extents.keys()].filter((axis) => extents[axis] !== 1);
    const [from, to] = [long(x!.shape), long(shape)];
    if (from.length === to.length && from.every((axis, k) => x!.shape[axis] === shape[to[k]!])) {
      // Axes of one element come and go; the others stay, also where a position lies outside of them.
      return (at) =>
        x!.at(x!.shape.map((_, axis) => (from.includes(axis) ? at[to[from.indexOf(axis)]!]! : constant(0))));
    }
    return (at) => x!.at(unflatten(flatten(at, shape), x!.shape));
  }),

  permute: view(([x], { attrs }) => {
    const { order } = attrs as { order: readonly number[] };
    return (at) => {
      const source = new Array<Index>(order.length);
      order.forEach((axis, i) => {
        source[axis] = at[i]!;
      });
      return x!.at(source);
    };
  }),

  expand: view(([x], { shape }) => {
    const offset = shape.length - x!.shape.length;
    return (at) => x!.at(x!.shape.map((extent, axis) => (extent === 1 ? constant(0) : at[offset + axis]!)));
  }),

  slice: view(([x], { attrs }) => {
    const { start, step } = attrs as { start: readonly number[]; step: readonly number[] };
    return (at) => x!.at(at.map((i, axis) => plus(times(i, step[axis]!), start[axis]!)));
  }),

  pad: view(([x], { attrs }) => {
    const { low, interior, value } = attrs as {
      low: readonly number[];
      interior: readonly number[];
      value: number;
    };
    return (at) => {
      const conditions: Condition[] = [];
      const source = at.map((i, axis) => {
        const shifted = plus(i, -low[axis]!);
        const by = interior[axis]! + 1;
        if (by > 1) conditions.push({ kind: "divisible", index: shifted, by });
        const index = quotient(shifted, by);
        conditions.push({ kind: "inside", index, extent: x!.shape[axis]! });
        return index;
      });
      return guard(conditions, x!.at(source), value);
    };
  }),

  concat: view((operands, { attrs }) => {
    const { axis } = attrs as { axis: number };
    return (at) => {
      let end = operands.reduce((total, operand) => total + operand.shape[axis]!, 0);
      let value: Expr | undefined;
      for (const operand of [...operands].reverse()) {
        end -= operand.shape[axis]!;
        const index = plus(at[axis]!, -end);
        const own = operand.at(at.with(axis, index));
        if (!value) {
          value = guard([{ kind: "inside", index, extent: operand.shape[axis]! }], own, 0);
          continue;
        }
        const here = guard([{ kind: "inside", index, extent: operand.shape[axis]! }], own, 0);
        const inHere = binary("less", position(index), constantOf(operand.shape[axis]!, "int32"));
        value = select(inHere, here, value);
      }
      return value!;
    };
  }),

  /** Only for positions whose residues are known. */
  interleave: view((parts, { attrs }) => {
    const { step } = attrs as InterleaveAttrs;
    return (at) => {
      const residues = at.map((index, axis) => remainder(index, step[axis]!));
      const part = flatten(residues, step);
      if (part.terms.length > 0) throw new Error("an interleaved tensor is computed part by part");
      return parts[part.constant]!.at(at.map((index, axis) => quotient(index, step[axis]!)));
    };
  }),

  gather: view(([x, index], { attrs }) => {
    const { axis } = attrs as { axis: number };
    return (at) => x!.at(at.with(axis, dynamic(index!.at(at), x!.shape[axis]!)));
  }),

  window: view(([x], { attrs, shape }) => {
    const { kernel, stride, padding, dilation, fill } = attrs as WindowAttrs;
    const lead = shape.length - 2 * kernel.length;
    return (at) => {
      const source = kernel.map((_, axis) =>
        plus(
          times(at[lead + axis]!, stride[axis]!),
          times(at[lead + kernel.length + axis]!, dilation[axis]!),
          -padding[axis]![0],
        ),
      );
      const conditions = source.map(
        (index, axis): Condition => ({ kind: "inside", index, extent: x!.shape[lead + axis]! }),
      );
      return guard(conditions, x!.at([...at.slice(0, lead), ...source]), fill);
    };
  }),
};
