import type { FunctionBuilder, FunctionRef, Local, ModuleBuilder } from "../assembler.ts";

/** Columns of a tile: two vectors. */
export const tileColumns = 8;
/** Most rows of a tile: 4 × 2 accumulators and their operands fit into the 15 vector registers that V8 hands out. */
export const maxTileRows = 4;

/** Functions that every matrix product of a module shares, emitted when first asked for. */
export class MatrixHelpers {
  readonly #module: ModuleBuilder;
  readonly #fused: boolean;
  readonly #known = new Map<string, FunctionRef>();

  /** @param fused whether to use the fused multiply-add of relaxed SIMD. */
  constructor(module: ModuleBuilder, fused: boolean) {
    this.#module = module;
    this.#fused = fused;
  }

  #once(name: string, make: () => FunctionRef): FunctionRef {
    const known = this.#known.get(name) ?? make();
    this.#known.set(name, known);
    return known;
  }

  /**
   * (target, base, rowTable, innerTable, count): copies `rows` rows of A so that the elements of one k lie side by side.
   * Tables hold byte offsets.
   */
  packRows(rows: number): FunctionRef {
    return this.#once(`packRows${rows}`, () =>
      this.#module.function(
        `packRows${rows}`,
        { params: ["i32", "i32", "i32", "i32", "i32"], results: [] },
        (f) => {
          const [target, base, rowTable, innerTable, count] = [0, 1, 2, 3, 4].map((i) => f.param(i));
          const addresses = Array.from({ length: rows }, (_, r) => {
            const local = f.local("i32");
            f.set(local, f.i32.add(f.get(base!), f.i32.load({ offset: 4 * r }, f.get(rowTable!))));
            return local;
          });
          const offset = f.local("i32");
          f.loop((again) => {
            f.set(offset, f.i32.load({}, f.get(innerTable!)));
            addresses.forEach((address, r) => {
              f.f32.store(
                { offset: 4 * r },
                f.get(target!),
                f.f32.load({}, f.i32.add(f.get(address), f.get(offset))),
              );
            });
            f.set(target!, f.i32.add(f.get(target!), f.i32.const(4 * rows)));
            f.set(innerTable!, f.i32.add(f.get(innerTable!), f.i32.const(4)));
            f.set(count!, f.i32.sub(f.get(count!), f.i32.const(1)));
            f.brIf(again, f.get(count!));
          });
        },
      ),
    );
  }

  /**
   * (target, base, columnTable, innerTable, count): copies a tile's columns of B, for each k side by side. Vectors of
   * four columns that lie side by side already are copied whole.
   */
  packColumns(): FunctionRef {
    return this.#once("packColumns", () => {
      const four = this.#packFour();
      return this.#module.function("packColumns", packing, (f) => {
        const [target, base, columnTable, innerTable, count] = [0, 1, 2, 3, 4].map((i) => f.param(i));
        const columnAt = (c: number): undefined => f.i32.load({ offset: 4 * c }, f.get(columnTable!));
        for (const c of [1, 2, 3, 5, 6, 7]) {
          const first = c < 4 ? 0 : 4;
          f.i32.eq(f.i32.sub(columnAt(c), columnAt(first)), f.i32.const(4 * (c - first)));
          if (c > 1) f.i32.and();
        }
        f.if(
          () => {
            const [left, right] = [f.local("i32"), f.local("i32")];
            f.set(left, f.i32.add(f.get(base!), columnAt(0)));
            f.set(right, f.i32.add(f.get(base!), columnAt(4)));
            const offset = f.local("i32");
            packLoop(f, target!, innerTable!, count!, offset, () => {
              f.v128.store(
                {},
                f.get(target!),
                f.v128.load({ align: 4 }, f.i32.add(f.get(left), f.get(offset))),
              );
              f.get(target!);
              f.v128.load({ align: 4 }, f.i32.add(f.get(right), f.get(offset)));
              f.v128.store({ offset: 16 });
            });
          },
          () => {
            for (const half of [0, 16]) {
              f.i32.add(f.get(target!), f.i32.const(half));
              f.get(base!);
              f.i32.add(f.get(columnTable!), f.i32.const(half));
              f.get(innerTable!);
              f.get(count!);
              f.call(four);
            }
          },
        );
      });
    });
  }

  /** The same for one vector of four columns, which lie anywhere. */
  #packFour(): FunctionRef {
    return this.#module.function("packFour", packing, (f) => {
      const [target, base, columnTable, innerTable, count] = [0, 1, 2, 3, 4].map((i) => f.param(i));
      const columns = Array.from({ length: 4 }, (_, c) => {
        const local = f.local("i32");
        f.set(local, f.i32.add(f.get(base!), f.i32.load({ offset: 4 * c }, f.get(columnTable!))));
        return local;
      });
      const offset = f.local("i32");
      const value = f.local("v128");
      packLoop(f, target!, innerTable!, count!, offset, () => {
        f.set(value, f.v128.load32Zero({}, f.i32.add(f.get(columns[0]!), f.get(offset))));
        for (let c = 1; c < 4; c++) {
          f.i32.add(f.get(columns[c]!), f.get(offset));
          f.get(value);
          f.set(value, f.v128.load32Lane(c, {}));
        }
        f.v128.store({}, f.get(target!), f.get(value));
      });
    });
  }

  /**
   * (rows of A, columns of B, count, C, bytes from row to row of C, add): C = Σ_k A[k] ⊗ B[k] for a tile of `rows` rows
   * and `tileColumns` columns, on top of what C holds if `add` is not 0.
   */
  tile(rows: number): FunctionRef {
    return this.#once(`tile${rows}`, () =>
      this.#module.function(
        `tile${rows}x${tileColumns}`,
        { params: ["i32", "i32", "i32", "i32", "i32", "i32"], results: [] },
        (f) => {
          const [a, b, count, c, stride, add] = [0, 1, 2, 3, 4, 5].map((i) => f.param(i));
          const sums = Array.from({ length: rows }, () => [f.local("v128"), f.local("v128")] as const);
          const [left, right, scalar] = [f.local("v128"), f.local("v128"), f.local("v128")];
          const row = f.local("i32");
          f.if(f.get(add!), () => {
            f.set(row, f.get(c!));
            for (const [low, high] of sums) {
              f.set(low, f.v128.load({}, f.get(row)));
              f.set(high, f.v128.load({ offset: 16 }, f.get(row)));
              f.set(row, f.i32.add(f.get(row), f.get(stride!)));
            }
          });
          f.loop((again) => {
            f.set(left, f.v128.load({}, f.get(b!)));
            f.set(right, f.v128.load({ offset: 16 }, f.get(b!)));
            sums.forEach(([low, high], r) => {
              f.set(scalar, f.v128.load32Splat({ offset: 4 * r }, f.get(a!)));
              for (const [sum, operand] of [
                [low, left],
                [high, right],
              ] as const) {
                if (this.#fused) f.set(sum, f.f32x4.relaxedMadd(f.get(scalar), f.get(operand), f.get(sum)));
                else f.set(sum, f.f32x4.add(f.get(sum), f.f32x4.mul(f.get(scalar), f.get(operand))));
              }
            });
            f.set(a!, f.i32.add(f.get(a!), f.i32.const(4 * rows)));
            f.set(b!, f.i32.add(f.get(b!), f.i32.const(4 * tileColumns)));
            f.set(count!, f.i32.sub(f.get(count!), f.i32.const(1)));
            f.brIf(again, f.get(count!));
          });
          f.set(row, f.get(c!));
          for (const [low, high] of sums) {
            f.v128.store({}, f.get(row), f.get(low));
            f.v128.store({ offset: 16 }, f.get(row), f.get(high));
            f.set(row, f.i32.add(f.get(row), f.get(stride!)));
          }
        },
      ),
    );
  }
}

const packing = { params: ["i32", "i32", "i32", "i32", "i32"], results: [] } as const;

/** For each k: reads its offset, runs `copy`, and moves on to the next row of the panel. */
function packLoop(
  f: FunctionBuilder,
  target: Local,
  innerTable: Local,
  count: Local,
  offset: Local,
  copy: () => void,
): void {
  f.loop((again) => {
    f.set(offset, f.i32.load({}, f.get(innerTable)));
    copy();
    f.set(target, f.i32.add(f.get(target), f.i32.const(4 * tileColumns)));
    f.set(innerTable, f.i32.add(f.get(innerTable), f.i32.const(4)));
    f.set(count, f.i32.sub(f.get(count), f.i32.const(1)));
    f.brIf(again, f.get(count));
  });
}
