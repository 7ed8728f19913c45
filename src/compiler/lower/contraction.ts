import type { ConvAttrs } from "../../ops/conv-terms.ts";
import { binary, type Expr, guard, reduce } from "../expr.ts";
import { type Index, loopVariable, plus, quotient, times, variable } from "../index-expr.ts";
import type { Lowering } from "./lowering.ts";

/** Where output position `out` and kernel position `tap` meet in the (padded) input. */
function meet(attrs: ConvAttrs, out: readonly Index[], tap: readonly Index[]): Index[] {
  return out.map((o, axis) => plus(times(o, attrs.stride[axis]!), times(tap[axis]!, attrs.dilation[axis]!)));
}

/** filter · source, left out where the source is a zero beside the elements. */
function multiplied(filter: Expr, source: Expr): Expr {
  if (source.kind !== "guard" || source.otherwise !== 0) return binary("mul", filter, source);
  return guard(source.conditions, multiplied(filter, source.value), 0);
}

export const contractionLowerings: Readonly<Record<string, Lowering>> = {
  matmul: {
    kind: "contract",
    lower: ([a, b]) => {
      const inner = a!.shape.at(-1)!;
      return (at) => {
        const k = loopVariable(inner);
        const batch = at.slice(0, -2);
        const left = a!.at([...batch, at.at(-2)!, variable(k)]);
        const right = b!.at([...batch, variable(k), at.at(-1)!]);
        return reduce("sum", [k], binary("mul", left, right));
      };
    },
  },

  /** Without padding: the compiler has made it explicit. */
  conv: {
    kind: "contract",
    lower: ([x, weight], { attrs }) => {
      const conv = attrs as ConvAttrs;
      const [outChannels, groupChannels, ...kernel] = weight!.shape as [number, number, ...number[]];
      const perGroup = outChannels / conv.groups;
      return ([n, o, ...out]) => {
        const c = loopVariable(groupChannels);
        const taps = kernel.map((extent) => loopVariable(extent));
        const tap = taps.map((loop) => variable(loop));
        const channel = plus(times(quotient(o!, perGroup), groupChannels), variable(c));
        const filter = weight!.at([o!, variable(c), ...tap]);
        const source = x!.at([n!, channel, ...meet(conv, out, tap)]);
        return reduce("sum", [c, ...taps], multiplied(filter, source));
      };
    },
  },

  /** The same index sum, with the output's positions as the ones that are summed over. */
  convWeightGrad: {
    kind: "contract",
    lower: ([x, dy], { attrs, shape }) => {
      const conv = attrs as ConvAttrs;
      const [outChannels, groupChannels] = shape as [number, number];
      const perGroup = outChannels / conv.groups;
      const [batch, , ...extents] = dy!.shape as [number, number, ...number[]];
      return ([o, c, ...tap]) => {
        const n = loopVariable(batch);
        const loops = extents.map((extent) => loopVariable(extent));
        const out = loops.map((loop) => variable(loop));
        const channel = plus(times(quotient(o!, perGroup), groupChannels), c!);
        const product = binary(
          "mul",
          dy!.at([variable(n), o!, ...out]),
          x!.at([variable(n), channel, ...meet(conv, out, tap)]),
        );
        return reduce("sum", [n, ...loops], product);
      };
    },
  },
};
