import type { Buffer } from "../../../compiler/expr.ts";
import type { KernelBody } from "../../../compiler/kernel.ts";
import type { FunctionBuilder, Local } from "../assembler.ts";
import { counted, pushPlace } from "./counting.ts";
import { emitShare } from "./loop-kernel.ts";
import type { KernelEnvironment } from "./values.ts";

type Body = Extract<KernelBody, { kind: "winogradTransform" }>;

/** Emits one of Winograd's transforms for many squares: threads share these. */
export function emitWinogradTransformKernel(
  f: FunctionBuilder,
  environment: KernelEnvironment,
  output: Buffer,
  { role, tile, squares, lanes, source, start, from, to }: Body,
): void {
  const inBytes = ([row, column]: readonly [number, number]): [number, number] => [4 * row, 4 * column];
  const transform = environment.winograd.transform(role, tile, lanes, inBytes(from), inBytes(to));
  const base = environment.baseOf(source);
  const number = squares.reduce((count, { extent }) => count * extent, 1);
  const [low, count, at] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const steps: { index: Local; from: number; to: number }[] = squares.map((square) => ({
    index: f.local("i32"),
    from: 4 * square.from,
    to: 4 * square.to,
  }));
  emitShare(f, number, 1, low, count);
  f.set(count, f.i32.sub(f.get(count), f.get(low)));
  f.if(f.get(count), () =>
    counted(f, count, (i) => {
      f.set(at, f.i32.add(f.get(low), f.get(i)));
      for (const [axis, { extent }] of [...squares.entries()].reverse()) {
        f.set(steps[axis]!.index, f.i32.remU(f.get(at), f.i32.const(extent)));
        f.set(at, f.i32.divU(f.get(at), f.i32.const(extent)));
      }
      const place = { ...base, offset: base.offset + 4 * start };
      pushPlace(f, place, ...steps.map((step): [Local, number] => [step.index, step.from]));
      pushPlace(
        f,
        environment.baseOf(output),
        ...steps.map((step): [Local, number] => [step.index, step.to]),
      );
      f.call(transform);
    }),
  );
  f.free(low, count, at, ...steps.map(({ index }) => index));
}
