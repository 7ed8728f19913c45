import { type Buffer, constantOf, load } from "../../../compiler/expr.ts";
import type { KernelBody } from "../../../compiler/kernel.ts";
import type { FunctionBuilder } from "../assembler.ts";
import { emitNest, parallelFrom, sharedLoop } from "./loop-kernel.ts";
import { emitReduction } from "./reductions.ts";
import { type KernelEnvironment, Values } from "./values.ts";

/**
 * Emits a scatter into a function with parameters (thread, threads, table).
 *
 * Threads share the loops beside the scattered axis, so each element is added to by one thread, in the order of the
 * source: the sum does not depend on the number of threads.
 */
export function emitScatterKernel(
  f: FunctionBuilder,
  environment: KernelEnvironment,
  output: Buffer,
  body: Extract<KernelBody, { kind: "scatter" }>,
  turn: number,
): void {
  const { loops, cleared, clearedIndex, source, index, value } = body;
  const values: Values = new Values(f, environment, (reduction) => emitReduction(values, reduction));
  values.prepare(value);
  values.prepare(load(output, index));
  values.places.prepareAt(output, clearedIndex);
  const zero = f.local("v128");
  values.emit(constantOf(0, output.dtype));
  f.set(zero);

  const scatter = (): void => {
    values.places.loop(cleared, 0, cleared.extent, 1, () =>
      values.store(output, clearedIndex, zero, undefined),
    );
    values.places.loop(source, 0, source.extent, 1, () => {
      const [address, sum] = [f.local("i32"), f.local("v128")];
      const offset = values.places.address(output, index);
      f.set(address);
      values.emit(value);
      f.set(sum);
      f.v128.load32Zero({ offset }, f.get(address));
      f.get(sum);
      if (output.dtype === "float32") f.f32x4.add();
      else f.i32x4.add();
      f.set(sum);
      f.get(address);
      f.get(sum);
      f.v128.store32Lane(0, { offset });
      f.free(address, sum);
    });
  };

  const work = loops.reduce((product, loop) => product * loop.extent, cleared.extent + source.extent);
  const shared = work >= parallelFrom ? sharedLoop(loops) : undefined;
  emitNest(values, loops, shared, turn, { body: scatter });
}
