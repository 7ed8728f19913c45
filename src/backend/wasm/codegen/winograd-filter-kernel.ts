import type { Buffer } from "../../../compiler/expr.ts";
import { type LoopVariable, loopVariable } from "../../../compiler/index-expr.ts";
import type { KernelBody } from "../../../compiler/kernel.ts";
import { winogradSliceLength } from "../../../compiler/layout.ts";
import type { FunctionBuilder, Local } from "../assembler.ts";
import { least } from "./counting.ts";
import { emitShare } from "./loop-kernel.ts";
import { emitReduction } from "./reductions.ts";
import { type KernelEnvironment, Values } from "./values.ts";

/**
 * Emits G g Gᵀ for filters of 3 × 3, four filters at a time: [(tile + 2)²][panel][channel][filter of the panel]. What
 * fills up the last panel is zero.
 */
export function emitWinogradFilterKernel(
  f: FunctionBuilder,
  environment: KernelEnvironment,
  output: Buffer,
  { loops: [channel, filter], taps, tile, width }: Extract<KernelBody, { kind: "winogradFilters" }>,
): void {
  const values: Values = new Values(f, environment, (reduction) => emitReduction(values, reduction));
  for (const tap of taps) values.prepare(tap);
  const panels = Math.ceil(filter.extent / width);
  const sliceBytes = 4 * winogradSliceLength(filter.extent, channel.extent, width);
  const base = environment.baseOf(output);
  const target = f.local("i32");
  const filling = loopVariable(panels * width);

  const at = (loop: LoopVariable): Local => values.places.valueOf(loop)!.local!;
  /** target = the place of a filter in the first slice: base + (panel · channels + channel) · width + lane. */
  const aim = (number: Local): void => {
    f.i32.add(f.get(base.local), f.i32.const(base.offset));
    f.i32.divU(f.get(number), f.i32.const(width));
    f.i32.mul(undefined, f.i32.const(channel.extent));
    f.i32.add(undefined, f.get(at(channel)));
    f.i32.mul(undefined, f.i32.const(4 * width));
    f.i32.add();
    f.i32.mul(f.i32.remU(f.get(number), f.i32.const(width)), f.i32.const(4));
    f.i32.add();
    f.set(target);
  };
  /** Transforms four filters, or one. */
  const transformAt = (lanes: LoopVariable | undefined): void => {
    aim(at(filter));
    values.lanes = lanes;
    for (const tap of taps) values.emit(tap);
    values.lanes = undefined;
    f.get(target);
    f.i32.const(sliceBytes);
    f.call(environment.winograd.filters(tile, lanes ? 4 : 1));
  };

  // Panel by panel, as a panel's channels lie side by side, and so may those of each filter.
  const unit = loopVariable(panels * channel.extent);
  const [low, high, first, end, c] = Array.from({ length: 5 }, () => f.local("i32"));
  emitShare(f, unit.extent, 1, low!, high!);
  values.places.loop(unit, low!, high!, 1, () => {
    f.set(first!, f.i32.divU(f.get(at(unit)), f.i32.const(channel.extent)));
    f.set(c!, f.i32.remU(f.get(at(unit)), f.i32.const(channel.extent)));
    f.set(first!, f.i32.mul(f.get(first!), f.i32.const(width)));
    f.set(end!, f.i32.add(f.get(first!), f.i32.const(width)));
    values.places.withValue(channel, c!, () => {
      const whole = filter.extent - (filter.extent % 4);
      least(f, end!, whole);
      values.places.loop(filter, first!, end!, 4, () => transformAt(filter));
      f.if(f.i32.gtU(f.i32.add(f.get(first!), f.i32.const(width)), f.i32.const(whole)), () => {
        values.places.loop(filter, whole, filter.extent, 1, () => transformAt(undefined));
        values.places.loop(filling, filter.extent, panels * width, 1, () => {
          aim(at(filling));
          for (let slice = 0; slice < (tile + 2) ** 2; slice++)
            f.f32.store({ offset: slice * sliceBytes }, f.get(target), f.f32.const(0));
        });
      });
    });
  });
  f.free(low!, high!, first!, end!, c!, target);
}
