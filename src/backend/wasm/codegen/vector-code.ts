import type { FunctionBuilder, Local } from "../assembler.ts";

/** One value for each of `width` adjacent vectors of four lanes: two of them become one of 256 bits where possible. */
export type Vectors = readonly Local[];

/** Arithmetic on several adjacent vectors, one instruction for each side by side. */
export class VectorCode {
  readonly f: FunctionBuilder;
  readonly width: number;
  readonly #fused: boolean;
  readonly #numbers = new Map<number, Local>();

  /** @param numbers the factors that will be used: kept in registers. */
  constructor(f: FunctionBuilder, width: number, fused: boolean, numbers: readonly number[]) {
    this.f = f;
    this.width = width;
    this.#fused = fused;
    for (const value of numbers) {
      const local = f.local("v128");
      f.set(local, f.f32x4.splat(f.f32.const(value)));
      this.#numbers.set(value, local);
    }
  }

  #each(emit: (half: number) => void): Vectors {
    return Array.from({ length: this.width }, (_, half) => {
      emit(half);
      const local = this.f.local("v128");
      this.f.set(local);
      return local;
    });
  }

  load(address: Local, offset: number): Vectors {
    const { f } = this;
    return this.#each((half) => f.v128.load({ offset: offset + 16 * half, align: 4 }, f.get(address)));
  }

  store(address: Local, offset: number, values: Vectors): void {
    const { f } = this;
    values.forEach((value, half) => {
      f.v128.store({ offset: offset + 16 * half, align: 4 }, f.get(address), f.get(value));
    });
  }

  add(a: Vectors, b: Vectors): Vectors {
    const { f } = this;
    return this.#each((half) => f.f32x4.add(f.get(a[half]!), f.get(b[half]!)));
  }

  sub(a: Vectors, b: Vectors): Vectors {
    const { f } = this;
    return this.#each((half) => f.f32x4.sub(f.get(a[half]!), f.get(b[half]!)));
  }

  times(a: Vectors, factor: number): Vectors {
    const { f } = this;
    const number = this.#numbers.get(factor)!;
    return this.#each((half) => f.f32x4.mul(f.get(a[half]!), f.get(number)));
  }

  /** a + b · factor. */
  addTimes(a: Vectors, b: Vectors, factor: number): Vectors {
    const { f } = this;
    const number = this.#numbers.get(factor)!;
    return this.#each((half) => {
      const [x, y] = [b[half]!, a[half]!];
      if (this.#fused) f.f32x4.relaxedMadd(f.get(x), f.get(number), f.get(y));
      else f.f32x4.add(f.get(y), f.f32x4.mul(f.get(x), f.get(number)));
    });
  }

  free(...values: readonly Vectors[]): void {
    this.f.free(...values.flat());
  }
}

/** The vectors that are worked on side by side where `lanes` elements lie there. */
export function widthFor(lanes: number): number {
  return lanes % 8 === 0 ? 2 : 1;
}

/** Repeats `body` until both pointers have moved over `lanes` elements, by the code's width at a time. */
export function overLanes(
  code: VectorCode,
  lanes: number,
  [source, target]: readonly [source: Local, target: Local],
  body: () => void,
): void {
  const { f } = code;
  const end = f.local("i32");
  f.set(end, f.i32.add(f.get(source), f.i32.const(4 * lanes)));
  f.loop((again) => {
    body();
    for (const pointer of [source, target])
      f.set(pointer, f.i32.add(f.get(pointer), f.i32.const(16 * code.width)));
    f.brIf(again, f.i32.ltU(f.get(source), f.get(end)));
  });
}
