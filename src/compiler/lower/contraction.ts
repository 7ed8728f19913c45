import type { ConvAttrs } from "../../ops/conv-terms.ts";
import type { ConvWeightGradPartsAttrs } from "../../ops/conv-weight-grad-parts.ts";
import { binary, type Expr, guard, reduce } from "../expr.ts";
import { type Index, loopVariable, plus, quotient, times, variable } from "../index-expr.ts";
import type { Lowering, Operand } from "./lowering.ts";

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

  convWeightGrad: {
    kind: "contract",
    lower: ([x, dy], { attrs, shape }) => {
      const part = weightGradient(x!, dy!, attrs as ConvAttrs, shape[1]!, [1, 1]);
      return (at) => part(plus(0), plus(0), at);
    },
  },

  convWeightGradParts: {
    kind: "contract",
    lower: ([x, dy], { attrs, shape }) => {
      const settings = attrs as ConvWeightGradPartsAttrs;
      const part = weightGradient(x!, dy!, settings, shape[3]!, settings.parts);
      return ([b, r, ...at]) => part(b!, r!, at);
    },
  },
};

/** The same index sum as a convolution's, over the positions of one part of the batch and of the rows of the output. */
function weightGradient(
  x: Operand,
  dy: Operand,
  conv: ConvAttrs,
  groupChannels: number,
  parts: readonly [batch: number, rows: number],
): (batchPart: Index, rowPart: Index, at: readonly Index[]) => Expr {
  const [batch, outChannels, rows, ...extents] = dy.shape as [number, number, number, ...number[]];
  const perGroup = outChannels / conv.groups;
  const [samples, partRows] = [batch / parts[0], rows / parts[1]];
  return (batchPart, rowPart, [o, c, ...tap]) => {
    const n = loopVariable(samples);
    const loops = [partRows, ...extents].map((extent) => loopVariable(extent));
    const sample = plus(times(batchPart, samples), variable(n));
    const out = loops.map((loop, axis) =>
      axis === 0 ? plus(times(rowPart, partRows), variable(loop)) : variable(loop),
    );
    const channel = plus(times(quotient(o!, perGroup), groupChannels), c!);
    const product = binary(
      "mul",
      dy.at([sample, o!, ...out]),
      x.at([sample, channel, ...meet(conv, out, tap)]),
    );
    return reduce("sum", [n, ...loops], product);
  };
}
