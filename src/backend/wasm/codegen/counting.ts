import { type LoopVariable, product } from "../../../compiler/index-expr.ts";
import type { FunctionBuilder, Local } from "../assembler.ts";
import { type BaseAddress, type Places, pushNumber } from "./places.ts";

/** Runs `body` for 0 … count − 1; `count` is at least 1. */
export function counted(f: FunctionBuilder, count: Local | number, body: (i: Local) => void): void {
  const i = f.local("i32");
  f.set(i, f.i32.const(0));
  f.loop((again) => {
    body(i);
    f.set(i, f.i32.add(f.get(i), f.i32.const(1)));
    f.get(i);
    pushNumber(f, count);
    f.i32.ltS();
    f.brIf(again);
  });
  f.free(i);
}

/** Takes a number apart into the values of `loops`, outermost first, and runs `body` with these. */
export function withParts(
  f: FunctionBuilder,
  places: Places,
  loops: readonly LoopVariable[],
  number: Local,
  body: () => void,
): void {
  const [loop, ...rest] = loops;
  if (!loop) {
    body();
    return;
  }
  const value = f.local("i32");
  if (loop.extent === 1) f.i32.const(0);
  else {
    f.i32.divU(f.get(number), f.i32.const(product(rest)));
    f.i32.remU(undefined, f.i32.const(loop.extent));
  }
  f.set(value);
  places.withValue(loop, value, () => withParts(f, places, rest, number, body));
  f.free(value);
}

/** Pushes base + Σ value · factor. */
export function pushPlace(
  f: FunctionBuilder,
  base: BaseAddress,
  ...parts: readonly (readonly [value: Local, factor: number])[]
): void {
  f.i32.add(f.get(base.local), f.i32.const(base.offset));
  for (const [value, factor] of parts) f.i32.add(undefined, f.i32.mul(f.get(value), f.i32.const(factor)));
}

/** local = min(local, most). */
export function least(f: FunctionBuilder, local: Local, most: number): void {
  f.set(local, f.select(f.get(local), f.i32.const(most), f.i32.ltS(f.get(local), f.i32.const(most))));
}

/** The place some bytes after another. */
export function after({ local, offset }: BaseAddress, bytes: number): BaseAddress {
  return { local, offset: offset + bytes };
}
